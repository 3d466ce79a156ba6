"""Connections of asyncpg that nobody gives back are found; released, closed and handed-on ones are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "driver-connection-not-released"
HEAD = "import asyncpg\nfrom asyncpg import Pool\n"
FOUND = (
    (
        "import asyncio\nasync def main():\n    c = await asyncpg.connect('x')  # expect high\n    await c.fetch('x')\n"
        "async def again():\n    await main()\nasyncio.run(main())\n"
    ),
    "async def f(pool: Pool):\n    c = await pool.acquire()  # expect high\n    return await c.fetch('x')\n",
    "async def f():\n    c = await asyncpg.connect('x')  # expect high\n    return await c.fetch('x')\n",
    ("class A:\n    def __init__(self, pool: Pool):\n        self.pool = pool\n"
    "    async def f(self):\n        c = await self.pool.acquire(timeout=3)  # expect high\n        await c.execute('x')\n"),
    ("async def opened():\n    return await asyncpg.connect('x')\n"
    "async def f():\n    c = await opened()  # expect high\n    return await c.fetch('x')\n"),
    ("class A:\n    async def opened(self):\n        return await asyncpg.connect('x')\n"
    "    async def f(self):\n        c = await self.opened()  # expect high\n        return await c.fetch('x')\n"),
)  # fmt: skip
SILENT = (
    "import asyncio\nasync def main():\n    c = await asyncpg.connect('x')\n    await c.fetch('x')\nasyncio.run(main())\n",
    "async def f(pool: Pool):\n    async with pool.acquire() as c:\n        await c.fetch('x')\n",
    ("async def f(pool: Pool):\n    c = await pool.acquire()\n    try:\n        await c.fetch('x')\n    finally:\n"
    "        await pool.release(c)\n"),
    "async def f(pool: Pool):\n    c = await pool.acquire()\n    return c\n",
    "async def f(pool: Pool):\n    c = await pool.acquire()\n    await use(c)\n",
    "async def f(pool: Pool):\n    try:\n        c = await pool.acquire()\n        return c\n    except OSError:\n        return None\n",
    "async def f(self):\n    c = await asyncpg.connect('x')\n    self.c = c\n    await c.execute('x')\n",
    "async def f(pool: Pool):\n    c = await pool.acquire()\n    yield c\n",
    "async def f():\n    c = await asyncpg.connect('x')\n    await c.execute('x')\n    await c.close()\n",
    "async def f(self):\n    self.c = await asyncpg.connect('x')\n",
    "async def f(lock):\n    got = await lock.acquire()\n    return 1\n",
    ("async def opened():\n    return await asyncpg.connect('x')\n"
    "async def f():\n    c = await opened()\n    try:\n        return await c.fetch('x')\n    finally:\n        await c.close()\n"),
    ("async def opened(kept):\n    if kept:\n        return kept\n    return await asyncpg.connect('x')\n"
    "async def f(kept):\n    c = await opened(kept)\n    return await c.fetch('x')\n"),
)  # fmt: skip


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_what_nobody_gives_back_is_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


EXITS = (
    "    if a:\n        return None\n    await pool.release(c)\n",
    "    if a:\n        return None\n    await c.close()\n    return 1\n",
)
KEPT = (
    "    try:\n        if a:\n            return None\n    finally:\n        await pool.release(c)\n",
    "    if a:\n        await pool.release(c)\n        return None\n    await pool.release(c)\n",
    "    self.keep(c)\n    if a:\n        return None\n    await pool.release(c)\n",
    "    await pool.release(c)\n    if a:\n        return None\n",
)
FAILED = """\
async def f(a):
    try:
        c = await asyncpg.connect(a)
    except OSError:
        return
    await c.close()
"""


@pytest.mark.parametrize("code", EXITS)
def test_a_way_out_that_releases_nothing_is_found(code: str, tmp_path: Path) -> None:
    check_source(
        HEAD + "async def f(pool: Pool, a):\n    c = await pool.acquire()  # expect high\n" + code, RULE, tmp_path
    )


@pytest.mark.parametrize("code", KEPT)
def test_a_release_on_every_way_is_not(code: str, tmp_path: Path) -> None:
    check_source(HEAD + "async def f(self, pool: Pool, a):\n    c = await pool.acquire()\n" + code, RULE, tmp_path)


def test_a_handler_of_the_failed_connect_has_nothing_to_release(tmp_path: Path) -> None:
    check_source(HEAD + FAILED, RULE, tmp_path)


ENGINES = (
    "    c = await engine.connect()  # expect high\n    await c.execute(1)\n",
    "    c = await engine.raw_connection()  # expect high\n    c.cursor()\n",
    "    c = await engine.connect()\n    try:\n        await c.execute(1)\n    finally:\n        await c.close()\n",
    "    c = await engine.connect()\n    return c\n",
    "    async with engine.connect() as c:\n        await c.execute(1)\n",
    "    c = await other.connect()\n    await c.execute(1)\n",
)


@pytest.mark.parametrize("code", ENGINES)
def test_a_connection_of_an_engine_is_one_too(code: str, tmp_path: Path) -> None:
    head = "from sqlalchemy.ext.asyncio import AsyncEngine\nasync def f(engine: AsyncEngine, other):\n"
    check_source(head + code, RULE, tmp_path)


RELEASES = (
    "    c = await pool.acquire(){mark}\n    await c.execute('x')\n    await pool.release(c)\n",
    "    c = await pool.acquire(){mark}\n    n = await c.fetchval('x')\n    await pool.release(c)\n    return n\n",
)
GUARDS = (
    "    c = await pool.acquire()\n    try:\n        await c.execute('x')\n    finally:\n        await pool.release(c)\n",
    "    c = await pool.acquire()\n    await pool.release(c)\n",
    "    c = await pool.acquire()\n    await use(c)\n    await pool.release(c)\n",
    "    c = await pool.acquire()\n    try:\n        await c.x()\n    except E:\n        pass\n    await pool.release(c)\n",
)


@pytest.mark.parametrize("code", RELEASES)
def test_a_release_that_an_error_skips_is_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + "async def f(pool: Pool):\n" + code.format(mark="  # expect high"), RULE, tmp_path)


@pytest.mark.parametrize("code", GUARDS)
def test_a_release_that_nothing_skips_is_not(code: str, tmp_path: Path) -> None:
    check_source(HEAD + "async def f(pool: Pool):\n" + code, RULE, tmp_path)


LENDER = HEAD + "class Store:\n    def __init__(self, pool: Pool):\n        self.pool = pool\n"
LENT = "    async def get_connection(self) -> asyncpg.Connection:\n        return await self.pool.acquire()\n"
CALLED = "from store import Store\nasync def f(store: Store):\n    c = await store.get_connection(){mark}\n    {then}\n"


@pytest.mark.parametrize(
    ("lent", "then", "mark"),
    [
        (LENT, "return await c.fetchval('x')", "  # expect high"),
        (LENT, "await store.put(c)", ""),
        (LENT, "return c", ""),
        (LENT.replace("acquire()", "fetchrow('x')"), "return await c.fetchval('x')", ""),
        (LENT.replace("return await", "await").replace("()\n", "()\n        return self.kept\n"), "await c.x()", ""),
    ],
)
def test_a_connection_that_a_helper_hands_out(lent: str, then: str, mark: str, tmp_path: Path) -> None:
    check_source({"store.py": LENDER + lent, "code.py": CALLED.format(then=then, mark=mark)}, RULE, tmp_path)


GETCONN = "from psycopg_pool import AsyncConnectionPool\nasync def f(pool: AsyncConnectionPool):\n"


@pytest.mark.parametrize(
    "code",
    [
        "    c = await pool.getconn()  # expect high\n    await c.execute('x')\n",
        "    c = await pool.getconn()  # expect high\n    await c.execute('x')\n    await pool.putconn(c)\n",
        "    c = await pool.getconn()\n    try:\n        await c.execute('x')\n    finally:\n        await pool.putconn(c)\n",
        "    async with pool.connection() as c:\n        await c.execute('x')\n",
    ],
)
def test_a_pool_of_psycopg_is_one_too(code: str, tmp_path: Path) -> None:
    check_source(GETCONN + code, RULE, tmp_path)
