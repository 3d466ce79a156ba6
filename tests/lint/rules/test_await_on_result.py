"""An `await` that belongs to the session's call is found before a result's method; results that do stream are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS

RULE = "await-on-result"
FOUND = (
    """\
async def f(db: AsyncSession):
    return await db.execute(select(1)).scalars().all()  # expect high
""",
    """\
async def f(db: AsyncSession):
    r = await db.execute(select(1))
    return await r.all()  # expect high
""",
    "async def f(db: AsyncSession):\n    return await db.scalars(select(1)).all()  # expect high\n",
    """\
async def f():
    async with Factory() as db:
        return await db.execute(select(1)).scalar_one()  # expect high
""",
    """\
async def f():
    async with engine.connect() as c:
        return await c.execute(select(1)).fetchall()  # expect high
""",
    """\
async def f(db: AsyncSession):
    return await (await db.execute(select(1))).scalars()  # expect high
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def all(self):
        return await self.db.scalars(select(1)).all()  # expect high
""",
    """\
async def f(db):
    await db.flush()
    return await db.execute(select(1)).scalars()  # expect medium
""",
    "async def f(db):\n    return await db.execute(select(1)).scalars()  # expect low\n",
    "async def f(db: AsyncSession):\n    return await db.connection().execute(select(1))  # expect high\n",
    "async def f(db: AsyncSession):\n    return await (db.connection()).run_sync(print)  # expect high\n",
    "async def f(db: AsyncSession):\n    return await db.stream(select(1)).all()  # expect high\n",
)
SILENT = (
    "async def f(db: AsyncSession):\n    return await (await db.connection()).execute(select(1))\n",
    "async def f(pool):\n    return await pool.connection().execute(select(1))\n",
    "async def f(pool):\n    async with pool.connection() as c:\n        return await c.execute(select(1))\n",
    "async def f(db: AsyncSession):\n    return (await db.execute(select(1))).scalars().all()\n",
    "async def f(db: AsyncSession):\n    return await (await db.stream(select(1))).all()\n",
    """\
async def f(db: AsyncSession):
    r = await db.stream(select(1))
    return await r.scalars().all()
""",
    """\
async def f(db: AsyncSession):
    r = await db.stream_scalars(select(1))
    return await r.first()
""",
    "async def f(pipe):\n    pipe.get('a')\n    return await pipe.execute().all()\n",
    "async def f(User):\n    return await User.filter(id=1).first()\n",
    "class Rows:\n    async def all(self): ...\nasync def f(rows: Rows):\n    return await rows.all()\n",
    "import asyncpg\nasync def f(c: asyncpg.Connection):\n    return await c.execute('x').scalars()\n",
    """\
class AsyncSession:
    def execute(self, q): ...
async def f(db: AsyncSession):
    return await db.execute(1).all()
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_an_await_before_a_method_of_the_result_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_is_awaited_rightly_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_the_edits_leave_nothing_to_find(code: str, tmp_path: Path) -> None:
    before = AWAITS + code
    after = fixed(before, RULE, tmp_path, unsafe=True)
    assert after != before
    check_source(after.replace("# expect", "# mended"), RULE, tmp_path)


def test_the_await_of_what_is_a_coroutine_too_is_kept(tmp_path: Path) -> None:
    """Only the inner call gets one more."""
    code = AWAITS + "async def f(db: AsyncSession):\n    return await db.connection().execute(select(1))\n"
    assert "return await (await db.connection()).execute(select(1))" in fixed(code, RULE, tmp_path)
