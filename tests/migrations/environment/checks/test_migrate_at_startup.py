"""`migrate-at-startup`: each way of starting with each way of upgrading, and what keeps workers apart."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "migrate-at-startup"
ENV = "from alembic import context\n\ncontext.configure(connection=c)\nwith context.begin_transaction():\n    context.run_migrations()\n"
HEAD = """\
import asyncio, os, subprocess
from contextlib import asynccontextmanager
from alembic import command
import alembic.config
from alembic.config import Config
from fastapi import FastAPI

"""
UPGRADES = {
    "command": "def up():\n    command.upgrade(Config('alembic.ini'), 'head'){mark}\n",
    "main": "def up():\n    alembic.config.main(argv=['--raiseerr', 'upgrade', 'head']){mark}\n",
    "process": "def up():\n    subprocess.run(['alembic', 'upgrade', 'head'], check=True){mark}\n",
    "shell": "def up():\n    os.system('alembic upgrade head'){mark}\n",
    "through another": "def inner():\n    command.upgrade(Config(), 'head'){mark}\n\ndef up():\n    inner()\n",
}
LIFESPAN = "@asynccontextmanager\nasync def lifespan(app):\n    {run}\n    yield\n\napp = FastAPI(lifespan=lifespan)\n"
STARTS = {
    "thread": (LIFESPAN.format(run="await asyncio.to_thread(up)"), True),
    "executor": (LIFESPAN.format(run="await loop.run_in_executor(None, up)"), True),
    "direct": (LIFESPAN.format(run="up()"), True),
    "on_event": ("app = FastAPI()\n\n@app.on_event('startup')\ndef start():\n    up()\n", True),
    "handler": ("app = FastAPI()\nasync def start():\n    up()\n\napp.add_event_handler('startup', start)\n", True),
    "list": ("def start():\n    up()\n\napp = FastAPI(on_startup=[start])\n", True),
    "appended": ("app = FastAPI()\nasync def start():\n    up()\n\napp.router.on_startup.append(start)\n", True),
    "as a script": ("app = FastAPI()\nif __name__ == '__main__':\n    up()\n", False),
    "a command": ("import typer\ncli = typer.Typer()\n\n@cli.command()\ndef migrate():\n    up()\n", False),
    "shutdown": ("app = FastAPI()\n\n@app.on_event('shutdown')\ndef stop():\n    up()\n", False),
}


@pytest.mark.parametrize(("upgrade", "start"), list(product(UPGRADES, STARTS)))
def test_every_upgrade_with_every_start(upgrade: str, start: str, tmp_path: Path) -> None:
    code, runs = STARTS[start]
    main = HEAD + UPGRADES[upgrade].format(mark="  # expect medium" if runs else "") + code
    expect({"main.py": main, "env.py": ENV}, CHECK, tmp_path)


def test_a_way_through_another_module_is_followed(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/db.py": HEAD + "async def prepare():\n    await asyncio.to_thread(command.upgrade, Config(), 'head')  # expect medium\n",
        "shop/main.py": HEAD + "from shop import db\n" + LIFESPAN.format(run="await db.prepare()"),
        "env.py": ENV,
    }  # fmt: skip
    (found,) = expect(files, CHECK, tmp_path)
    assert [one.message for one in found.related] == ["through `lifespan()`"]


@pytest.mark.parametrize("name", ["Dockerfile", "entrypoint.sh", "docker-compose.yml", "Procfile"])
def test_several_workers_in_sight_make_it_sure(name: str, tmp_path: Path) -> None:
    main = HEAD + UPGRADES["command"].format(mark="  # expect high") + STARTS["thread"][0]
    (found,) = expect({"main.py": main, "env.py": ENV, name: "exec uvicorn main:app --workers 4\n"}, CHECK, tmp_path)
    assert found.evidence[0].value == f"{name}:1: --workers 4"


@pytest.mark.parametrize("command", ["uvicorn main:app --workers 1", "gunicorn main:app -w $COUNT", "echo --workers"])
def test_one_worker_or_an_unknown_number_does_not(command: str, tmp_path: Path) -> None:
    main = HEAD + UPGRADES["command"].format(mark="  # expect medium") + STARTS["thread"][0]
    expect({"main.py": main, "env.py": ENV, "entrypoint.sh": command + "\n"}, CHECK, tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {
            "env.py": ENV.replace(
                "    context.run", "    c.execute(text('SELECT pg_advisory_xact_lock(7)'))\n    context.run"
            )
        },
        {"env.py": ENV, "lock": "    with FileLock('/tmp/migrate.lock'):\n"},
        {"env.py": ENV, "lock": "    with redis.lock('migrations'):\n"},
        {"env.py": ENV, "lock": "    connection.execute(text('select pg_try_advisory_lock(7)'))\n    if True:\n"},
    ],
)
def test_a_lock_on_the_way_keeps_it_silent(files: dict[str, str], tmp_path: Path) -> None:
    lock = files.pop("lock", "    if True:\n")
    up = f"def up():\n{lock}        command.upgrade(Config(), 'head')\n"
    expect({**files, "main.py": HEAD + up + STARTS["thread"][0]}, CHECK, tmp_path)


def test_what_a_test_does_is_its_own_business(tmp_path: Path) -> None:
    main = HEAD + UPGRADES["command"].format(mark="") + STARTS["thread"][0]
    expect({"tests/test_main.py": main, "tests/conftest.py": main, "env.py": ENV}, CHECK, tmp_path)
