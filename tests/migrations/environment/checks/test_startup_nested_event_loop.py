"""`startup-nested-event-loop`: which thread the upgrade runs in, and what env.py asks before it starts a loop."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "startup-nested-event-loop"
HEAD = "import asyncio, subprocess\nfrom alembic import command\nfrom alembic.config import Config\n\n"
ASYNC_ENV = """\
import asyncio
from alembic import context

def do_run(connection):
    context.run_migrations()

async def work():
    async with engine.connect() as connection:
        await connection.run_sync(do_run)

"""
ENVS = {
    "asyncio.run": ("asyncio.run(work())\n", True),
    "in the else": ("if context.is_offline_mode():\n    pass\nelse:\n    asyncio.run(work())\n", True),
    "the loop's own": ("asyncio.get_event_loop().run_until_complete(work())\n", True),
    "asks": (
        "given = context.config.attributes.get('connection')\nif given is None:\n    asyncio.run(work())\nelse:\n    do_run(given)\n",
        True,
    ),
    "asks for a loop": (
        "try:\n    asyncio.get_running_loop()\nexcept RuntimeError:\n    asyncio.run(work())\n",
        False,
    ),
    "sync": ("with engine.connect() as connection:\n    do_run(connection)\n", False),
    "patched": ("import nest_asyncio\nnest_asyncio.apply()\nasyncio.run(work())\n", False),
}
CALL = "command.upgrade(config, 'head'){mark}\n"
CALLERS = {
    "direct": ("async def start():\n    config = Config()\n    " + CALL, True),
    "through a function": ("def up():\n    " + CALL + "\nasync def start():\n    up()\n", True),
    "in run_sync": ("def up(c):\n    " + CALL + "\nasync def start():\n    async with e as c:\n        await c.run_sync(up)\n", True),
    "a thread": ("def up():\n    " + CALL + "\nasync def start():\n    await asyncio.to_thread(up)\n", False),
    "handed over itself": ("async def start():\n    await asyncio.to_thread(command.upgrade, config, 'head'){mark}\n", False),
    "an executor's lambda": ("async def start():\n    await loop.run_in_executor(None, lambda: command.upgrade(c, 'head')){mark}\n", False),
    "a process": ("async def start():\n    subprocess.run(['alembic', 'upgrade', 'head']){mark}\n", False),
    "no loop": ("def start():\n    " + CALL, False),
}  # fmt: skip


@pytest.mark.parametrize(("env", "caller"), list(product(ENVS, CALLERS)))
def test_every_env_with_every_caller(env: str, caller: str, tmp_path: Path) -> None:
    (end, starts), (code, in_loop) = ENVS[env], CALLERS[caller]
    mark = "  # expect high" if starts and in_loop else ""
    expect({"main.py": HEAD + code.format(mark=mark), "env.py": ASYNC_ENV + end}, CHECK, tmp_path)


def test_a_connection_that_is_handed_over_turns_it_off(tmp_path: Path) -> None:
    code = (
        "def up(connection):\n    config.attributes['connection'] = connection\n    command.upgrade(config, 'head')\n"
    )
    start = "\nasync def start():\n    async with engine.begin() as c:\n        await c.run_sync(up)\n"
    expect({"main.py": HEAD + code + start, "env.py": ASYNC_ENV + ENVS["asks"][0]}, CHECK, tmp_path)
