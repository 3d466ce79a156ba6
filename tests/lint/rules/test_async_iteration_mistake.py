"""A loop of the wrong sort over a result is found, either way round; loops that fit what they iterate are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS

RULE = "async-iteration-mistake"
FOUND = (
    """\
async def f(db: AsyncSession):
    async for row in (await db.scalars(select(1))).all():  # expect high
        pass
""",
    """\
async def f(db: AsyncSession):
    for row in await db.stream(select(1)):  # expect high
        pass
""",
    """\
async def f(db: AsyncSession):
    return [x async for x in await db.scalars(select(1))]  # expect high
""",
    """\
async def f(db: AsyncSession):
    async for row in await db.execute(select(1)):  # expect high
        pass
""",
    """\
async def f(db: AsyncSession):
    r = await db.execute(select(1))
    async for x in r.scalars():  # expect high
        pass
""",
    """\
async def f(db: AsyncSession):
    r = await db.stream(select(1))
    for x in r.scalars():  # expect high
        pass
""",
    """\
async def f(db: AsyncSession):
    return [x for x in await db.stream_scalars(select(1))]  # expect high
""",
    """\
async def f():
    async with engine.connect() as c:
        async for row in await c.execute(select(1)):  # expect high
            pass
""",
)
SILENT = (
    """\
async def f(db: AsyncSession):
    for row in (await db.scalars(select(1))).all():
        pass
    async for row in rows.all():
        pass
""",
    "async def f(db: AsyncSession):\n    for row in await db.scalars(select(1)):\n        pass\n",
    """\
async def f(db: AsyncSession):
    async for row in await db.stream_scalars(select(1)):
        pass
""",
    """\
async def f():
    async with engine.connect() as c:
        async for row in await c.stream(select(1)):
            pass
""",
    """\
async def f():
    async with engine.connect() as c, c.stream(select(1)) as r:
        async for row in r:
            pass
""",
    """\
async def f(db: AsyncSession):
    r = await db.stream(select(1))
    for row in await r.all():
        pass
""",
    "async def f(db: AsyncSession):\n    return [x async for x in (await db.stream(select(1))).scalars()]\n",
    """\
async def get_db():
    async with Factory() as db:
        yield db
async def f():
    async for db in get_db():
        await db.commit()
""",
    """\
async def f(redis, response):
    async for key in redis.scan_iter():
        pass
    for part in response.stream():
        pass
""",
    """\
import asyncpg
async def f(c: asyncpg.Connection):
    async for row in c.cursor('x'):
        pass
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_loop_of_the_wrong_sort_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_loop_that_fits_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_the_edits_leave_nothing_to_find(code: str, tmp_path: Path) -> None:
    before = AWAITS + code
    after = fixed(before, RULE, tmp_path)
    assert after != before
    check_source(after.replace("# expect", "# mended"), RULE, tmp_path)
