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
