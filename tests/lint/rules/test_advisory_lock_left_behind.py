"""`advisory-lock-left-behind`: locks that a commit, a block's end or the pool parts from the code that took them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source

RULE = "advisory-lock-left-behind"
HEAD = (
    "import asyncpg\nfrom sqlalchemy import text\nfrom sqlalchemy.pool import NullPool\n"
    "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine\n"
    "engine = create_async_engine('postgresql+asyncpg://localhost/x'{options})\nSession = async_sessionmaker(engine)\n"
)
LOCK = "await s.execute(text('SELECT pg_advisory_lock(1)'))"
UNLOCK = "        await s.execute(text('SELECT pg_advisory_unlock(1)'))\n"
BLOCK = "async def f(work):\n    async with Session() as s:\n"


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        ("        await s.commit()\n        await work()\n" + UNLOCK, True),
        ("        await s.rollback()\n" + UNLOCK, True),
        ("        await work(1)\n" + UNLOCK + "        await s.commit()\n", False),
        ("        await work()\n", True),
    ],
)
def test_a_session(behind: str, told: bool, tmp_path: Path) -> None:
    code = f"{HEAD.format(options='')}{BLOCK}        {LOCK}{'  # expect medium' * told}\n{behind}"
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("lock", "options"),
    [
        ("await s.execute(text('SELECT pg_advisory_xact_lock(1)'))", ""),
        ("await s.execute(text('SELECT pg_try_advisory_xact_lock(1)'))", ""),
        (LOCK, ", poolclass=NullPool"),
    ],
)
def test_locks_of_the_transaction_and_connections_nobody_keeps(lock: str, options: str, tmp_path: Path) -> None:
    check_source(f"{HEAD.format(options=options)}{BLOCK}        {lock}\n        await s.commit()\n", RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        # One connection for lock, work and unlock keeps it, commit or not.
        (
            "async def f(work):\n    async with engine.connect() as s:\n        await s.execute(text('SELECT pg_advisory_lock(1)'))\n"
            "        await s.commit()\n        await work()\n        await s.execute(text('SELECT pg_advisory_unlock(1)'))\n"
        ),
        (
            "async def f(work):\n    async with engine.connect() as c, AsyncSession(bind=c) as s:\n"
            "        await s.execute(text('SELECT pg_advisory_lock(1)'))\n        await s.commit()\n"
        ),
        # Another function unlocks what this one has taken on the session it was given.
        "async def lock(s: AsyncSession):\n    await s.execute(text('SELECT pg_advisory_lock(1)'))\n",
    ],
)
def test_what_keeps_its_connection(code: str, tmp_path: Path) -> None:
    check_source(HEAD.format(options="") + code, RULE, tmp_path)


def test_pools_of_asyncpg(tmp_path: Path) -> None:
    code = (
        "LOCK = 'SELECT pg_try_advisory_lock($1)'\n\nasync def f(pool: asyncpg.Pool, work):\n"
        "    if await pool.fetchval(LOCK, 1):  # expect high\n        await work()\n"
        "    async with pool.acquire() as c:\n        await c.execute('SELECT pg_advisory_lock(1)')  # expect high\n"
        "    async with pool.acquire() as c:\n        await c.execute('SELECT pg_advisory_lock(1)')\n        await work()\n"
    )
    check_source(HEAD.format(options="") + code, RULE, tmp_path)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(("commit", "rollback", "close"), 2)])
def test_the_first_end_is_named(first: str, second: str, tmp_path: Path) -> None:
    code = f"{HEAD.format(options='')}{BLOCK}        {LOCK}\n        await s.{first}()\n        await s.{second}()\n"
    (found,) = lint_source(code, RULE, tmp_path)
    assert f"`s.{first}()` in line 10" in found.message


@pytest.mark.parametrize(
    ("param", "more", "told"),
    [
        # Whose calls a connection has as well may be one, and that keeps the lock.
        ("s", "", False),
        ("s", "        await s.refresh(work)\n", True),
        ("s: AsyncSession", "", True),
    ],
)
def test_what_only_its_calls_tell_of(param: str, more: str, told: bool, tmp_path: Path) -> None:
    code = f"async def f({param}, work):\n    while True:\n        {LOCK}{'  # expect medium' * told}\n        await s.commit()\n{more}"
    check_source(HEAD.format(options="") + code, RULE, tmp_path)
