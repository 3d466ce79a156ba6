"""`cursor-outside-transaction`: asyncpg's cursors need a transaction, and end with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

HEAD = "import asyncpg\n"
TAKEN = HEAD + "async def f(dsn):\n    conn = await asyncpg.connect(dsn)\n"
POOLED = HEAD + "async def f(pool: asyncpg.Pool):\n    async with pool.acquire() as conn:\n"
BAD = [
    TAKEN + "    async for row in conn.cursor('SELECT 1'):  # expect high\n        print(row)\n",
    TAKEN + "    rows = await conn.cursor('SELECT 1')  # expect high\n    return await rows.fetch(3)\n",
    POOLED + "        async for row in conn.cursor('SELECT 1'):  # expect high\n            print(row)\n",
    HEAD
    + "async def f(conn, sql):\n    async with conn.transaction():\n        return conn.cursor(sql)  # expect medium\n",
    HEAD
    + "async def f(c: asyncpg.Connection):\n    async with c.transaction():\n        return c.cursor('x')  # expect high\n",
]
SCOPE = """\
from contextlib import asynccontextmanager
@asynccontextmanager
async def lent(c):
    async with {opens}:
        yield c
"""
WALK = "async for row in conn.cursor('SELECT 1'):{mark}\n"
BAD += [
    HEAD
    + "def told(c):\n    print(c)\n"
    + TAKEN
    + "    told(conn)\n    "
    + WALK.format(mark="  # expect high")
    + "        pass\n",
    TAKEN + "    unseen(conn)\n    " + WALK.format(mark="  # expect medium") + "        pass\n",
    SCOPE.format(opens="lock")
    + TAKEN
    + "    async with lent(conn):\n        "
    + WALK.format(mark="  # expect high")
    + "            pass\n",
]
GOOD = [
    SCOPE.format(opens="c.transaction()")
    + TAKEN
    + "    async with lent(conn):\n        "
    + WALK.format(mark="")
    + "            pass\n",
    TAKEN + "    async with unseen(conn):\n        " + WALK.format(mark="") + "            pass\n",
    HEAD
    + "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lent(pool: asyncpg.Pool):\n"
    + "    async with pool.acquire() as c, c.transaction():\n        yield c\n"
    + "async def f(pool: asyncpg.Pool):\n    async with lent(pool) as conn:\n        "
    + WALK.format(mark="")
    + "            pass\n",
    TAKEN
    + "    async with conn.transaction():\n        async for row in conn.cursor('SELECT 1'):\n            print(row)\n",
    TAKEN + "    tr = conn.transaction()\n    await tr.start()\n    rows = await conn.cursor('SELECT 1')\n",
    TAKEN + "    await conn.execute('BEGIN')\n    rows = await conn.cursor('SELECT 1')\n",
    HEAD + "async def f(conn: asyncpg.Connection):\n    async for row in conn.cursor('x'):\n        print(row)\n",
    HEAD
    + "async def f(conn, sql):\n    async with conn.transaction():\n        async for row in conn.cursor(sql):\n            yield row\n",
    "import psycopg\nasync def f(dsn):\n    conn = await psycopg.AsyncConnection.connect(dsn)\n    return conn.cursor()\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_cursor_without_its_transaction_is_found(code: str, tmp_path: Path) -> None:
    check_source(code, "cursor-outside-transaction", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_a_cursor_in_one_is_not(code: str, tmp_path: Path) -> None:
    check_source(code, "cursor-outside-transaction", tmp_path)


STREAM = """\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
engine = create_async_engine("{url}")
async def f(db: AsyncSession, other: AsyncSession):
    {rows}
    async for row in {walked}:
        await db.execute(text("insert"))
        {body}
    await db.commit()
"""
ROWS = {
    "url": "postgresql+asyncpg://localhost/shop", "rows": "rows = await db.stream(text('x'))", "walked": "rows",
    "body": "await db.commit()  # expect high",
}  # fmt: skip
SILENT = {"body": "await db.commit()"}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"rows": "", "walked": "await db.stream(text('x'))"},
        {"rows": "rows = await db.stream_scalars(text('x'))"},
        {"rows": "", "walked": "(await db.stream(text('x'))).partitions(50)"},
        {"walked": "rows.scalars()"},
        {"walked": "rows.mappings().partitions(10)"},
        {"body": "if row:\n            await db.rollback()  # expect high"},
        {"body": "if row:\n            await db.commit()  # expect high\n            continue"},
        {"url": "postgresql+psycopg://localhost/shop", "body": "await db.commit()  # expect medium"},
        {"url": "mysql+aiomysql://localhost/shop", **SILENT},
        {"rows": "rows = await other.stream(text('x'))", **SILENT},
        {"rows": "rows = (await db.execute(text('x'))).all()", **SILENT},
        {"rows": "rows = await db.stream(text('x'))\n    rows = unseen(rows)", **SILENT},
        {"body": "await db.flush()"},
        {"body": "await db.commit()\n        break"},
        {"body": "if row:\n            await db.commit()\n            return"},
        {
            "body": "try:\n            print(row)\n        except ValueError:\n            await db.rollback()\n            raise"
        },
        {"body": "async with db.begin_nested():\n            print(row)"},
        {"body": "print(row)"},
    ],
)
def test_a_commit_among_the_rows_of_a_stream_ends_its_cursor(parts: dict[str, str], tmp_path: Path) -> None:
    check_source(STREAM.format(**(ROWS | parts)), "cursor-outside-transaction", tmp_path)
