"""An awaited `add`, `expunge` and their like is found; coroutines of the same name elsewhere are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS

RULE = "awaited-sync-method"
FOUND = (
    "async def f(db: AsyncSession):\n    await db.add(1)  # expect high\n",
    "async def f(db):\n    await db.flush()\n    await db.add_all([])  # expect medium\n",
    "async def f(db: AsyncSession):\n    await db.expunge_all()  # expect high\n",
    "async def f(db: AsyncSession):\n    await db.expire(1)  # expect high\n",
    """\
async def f():
    async with Factory() as db:
        await db.add(1)  # expect high
        await db.commit()
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self, x):
        await self.db.add(x)  # expect high
""",
)
DRIVERS = """\
import asyncpg, psycopg
async def f(own: asyncpg.Connection, pool: asyncpg.Pool, other: psycopg.AsyncConnection, sync: psycopg.Connection):
    await other.cancel()  # expect high
    if await own.is_closed():  # expect high
        await own.terminate()  # expect high
    await pool.terminate()  # expect high
    other.cancel()
    await other.cancel_safe()
    await other.rollback()
    await own.cursor("SELECT 1")
    await own.close()
    await pool.close()
    await sync.cancel()
"""
SILENT = (
    "async def f(db: AsyncSession):\n    await db.delete(1)\n    db.add(2)\n",
    "class Repo:\n    async def add(self, x): ...\nasync def f(repo: Repo):\n    await repo.add(1)\n",
    "class Own(AsyncSession):\n    async def add(self, x): ...\nasync def f(db: Own):\n    await db.add(1)\n",
    """\
class AsyncSession:
    async def add(self, x): ...
async def f(db: AsyncSession):
    await db.add(1)
""",
    "from unittest.mock import AsyncMock\nasync def test_f():\n    db = AsyncMock()\n    await db.add(1)\n",
    "async def f(vector_store, cache):\n    await vector_store.add([1])\n    await cache.add('key', 1)\n",
    "async def f(db: AsyncSession):\n    await db.refresh(1)\n    await db.merge(1)\n    await db.close()\n",
    "async def f():\n    await engine.dispose()\n",
    "async def f(db: AsyncSession):\n    await db.run_sync(lambda s: s.add(1))\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_plain_method_that_is_awaited_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_is_a_coroutine_or_not_awaited_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_the_edits_leave_nothing_to_find(code: str, tmp_path: Path) -> None:
    before = AWAITS + code
    after = fixed(before, RULE, tmp_path, unsafe=True)
    assert after != before
    check_source(after.replace("# expect", "# mended"), RULE, tmp_path)


def test_drivers_have_plain_methods_among_many_that_are_awaited(tmp_path: Path) -> None:
    check_source(DRIVERS, RULE, tmp_path)
