"""`env-run-migrations-not-called`: every way to run it that is one, and those that only look like one."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-run-migrations-not-called"
HEAD = "import asyncio\nfrom alembic import context\n\n"
BODIES = {
    "plain": "def online():{mark}\n    with context.begin_transaction():\n        context.run_migrations()\n",
    "handed on": """\
def migrate(connection):{mark}
    context.configure(connection=connection)
    context.run_migrations()

async def work():
    async with engine.connect() as connection:
        await connection.run_sync(migrate)

def online():
    asyncio.run(work())
""",
    "in a lambda": "def online():{mark}\n    engine.run(lambda connection: context.run_migrations())\n",
    "in a class": """\
class Runner:
    def run(self):{mark}
        context.run_migrations()

def online():
    Runner().run()
""",
    "imported name": "from alembic.context import run_migrations\ndef online():\n    run_migrations()\n",
}
STARTS = {
    "called": ("online()\n", True),
    "in the else": ("if context.is_offline_mode():\n    pass\nelse:\n    online()\n", True),
    "under not": ("if not context.is_offline_mode():\n    online()\n", True),
    "by a name": ("offline = context.is_offline_mode()\nif offline:\n    pass\nelse:\n    online()\n", True),
    "an expression": ("None if context.is_offline_mode() else online()\n", True),
    "by tenants": ("for tenant in ('a', 'b'):\n    online()\n", True),
    "under a flag": ("import os\nif os.environ.get('MIGRATE'):\n    online()\n", True),
    "in a function": ("def main():\n    online()\n\nmain()\n", True),
    "as a reference": ("import functools\nwork_ = functools.partial(online)\nasyncio.to_thread(online)\n", True),
    "nothing": ("", False),
    "offline alone": ("if context.is_offline_mode():\n    online()\n", False),
    "not parenthesised": ("online\n", False),
    "as a script": ("if __name__ == '__main__':\n    online()\n", False),
    "in a function nobody calls": ("def main():\n    online()\n", False),
}
FOUND = [
    (body, start) for body, start in product(BODIES, STARTS) if not (body == "imported name" and not STARTS[start][1])
]


@pytest.mark.parametrize(("body", "start"), FOUND)
def test_every_body_with_every_start(body: str, start: str, tmp_path: Path) -> None:
    end, runs = STARTS[start]
    expect(HEAD + BODIES[body].format(mark="" if runs else "  # expect high") + end, CHECK, tmp_path)


def test_a_mention_without_a_call_is_the_place(tmp_path: Path) -> None:
    body = "def online():\n    run = context.run_migrations  # expect high\n\nonline()\n"
    expect(HEAD + body, CHECK, tmp_path)


def test_a_function_of_that_name_is_not_alembics(tmp_path: Path) -> None:
    body = "def run_migrations():\n    print('soon')\n\nrun_migrations()\n"
    expect("from alembic import context  # expect high\n" + body, CHECK, tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"env.py": "from shop.alembic_env import run_env\n\nrun_env()\n",
         "shop/alembic_env.py": "from alembic import context\n\ndef run_env():\n    context.run_migrations()\n", "shop/__init__.py": ""},
        {"env.py": "import shop.alembic_env\n",
         "shop/alembic_env.py": "from alembic import context\n\ncontext.run_migrations()\n", "shop/__init__.py": ""},
        {"env.py": "from alembic import context\nfrom tenants_lib import migrate_all\n\nmigrate_all(context)\n"},
        {"env.py": "from company_alembic.env import *\n"},
    ],
)  # fmt: skip
def test_what_another_module_may_do_is_followed_or_not_judged(files: dict[str, str], tmp_path: Path) -> None:
    expect(files, CHECK, tmp_path)


def test_a_dropped_coroutine_is_told_by_its_own_check(tmp_path: Path) -> None:
    body = "async def online():\n    context.run_migrations()\n\nonline()\n"
    expect(HEAD + body, CHECK, tmp_path)
