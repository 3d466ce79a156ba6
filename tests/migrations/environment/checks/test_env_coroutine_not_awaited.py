"""`env-coroutine-not-awaited`: the coroutine that would migrate goes nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-coroutine-not-awaited"
HEAD = """\
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg:///shop")

def do_run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
MAIN = """
async def run_async():
    async with engine.connect() as connection:
        await connection.run_sync(do_run)
    await engine.dispose()
"""


@pytest.mark.parametrize(
    "end",
    [
        "run_async()  # expect high",
        "if context.is_offline_mode():\n    pass\nelse:\n    run_async()  # expect high",
        "def online():\n    return run_async()\n\nonline()  # expect high",
        "def online():\n    run_async()  # expect high\n\nonline()",
        "work = run_async()  # expect high",
        "loop = asyncio.new_event_loop()\nloop.create_task(run_async())  # expect medium",
        "asyncio.ensure_future(run_async())  # expect medium",
        "run = lambda: run_async()\nasync def outer():\n    run_async()  # expect high\n\nasyncio.run(outer())",
    ],
)
def test_a_coroutine_that_goes_nowhere_is_found(end: str, tmp_path: Path) -> None:
    expect(HEAD + MAIN + end + "\n", CHECK, tmp_path)


def test_run_sync_without_await_is_found(tmp_path: Path) -> None:
    body = MAIN.replace("await connection.run_sync(do_run)", "connection.run_sync(do_run)  # expect high")
    expect(HEAD + body + "asyncio.run(run_async())\n", CHECK, tmp_path)


def test_a_task_beside_asyncio_run_is_found_with_less_confidence(tmp_path: Path) -> None:
    end = """\
try:
    loop = asyncio.get_running_loop()
except RuntimeError:
    asyncio.run(run_async())
else:
    loop.create_task(run_async())  # expect medium
"""
    expect(HEAD + MAIN + end, CHECK, tmp_path)


@pytest.mark.parametrize(
    "end",
    [
        "asyncio.run(run_async())",
        "asyncio.get_event_loop().run_until_complete(run_async())",
        "work = run_async()\nasyncio.run(work)",
        "async def outer():\n    await run_async()\n\nasyncio.run(outer())",
        "async def outer():\n    await asyncio.gather(run_async())\n\nasyncio.run(outer())",
        "with asyncio.Runner() as runner:\n    runner.run(run_async())",
        "async def outer():\n    task = asyncio.create_task(run_async())\n    await task\n\nasyncio.run(outer())",
        "import anyio\nanyio.run(run_async)",
        "def online():\n    return run_async()\n\nasyncio.run(online())",
    ],
)
def test_what_is_awaited_is_not(end: str, tmp_path: Path) -> None:
    expect(HEAD + MAIN + end + "\n", CHECK, tmp_path)


def test_another_coroutine_that_is_dropped_does_not_migrate(tmp_path: Path) -> None:
    body = MAIN.replace("    await engine.dispose()", "    engine.dispose()")
    expect(HEAD + body + "asyncio.run(run_async())\n", CHECK, tmp_path)
