"""`listener-on-pooled-connection`: listeners in blocks that are left at once, and in such that stay open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "listener-on-pooled-connection"
HEAD = "import asyncio\nimport asyncpg\n"
BLOCK = "async def f(pool: asyncpg.Pool, heard):\n    async with pool.acquire() as c:\n"
ADD = "        await c.add_listener('orders', heard)"
TOLD = "  # expect high\n"


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        ("", True),
        ("        await c.add_log_listener(print)\n", True),
        ("        await c.execute('listen more')\n", True),
        ("        print('listening')\n", True),
        ("        await c.fetch('select 1')\n", False),
        ("        await asyncio.sleep(3600)\n", False),
        ("        await asyncio.Event().wait()\n", False),
        ("        while True:\n            pass\n", False),
        ("        yield c\n", False),
        ("        return c\n", False),
        ("        keep.connection = c\n", False),
        ("        await serve(c)\n", False),
    ],
)
def test_what_follows_in_the_block(behind: str, told: bool, tmp_path: Path) -> None:
    check_source(HEAD + BLOCK + ADD + (TOLD if told else "\n") + behind, RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        "async def f(heard):\n    c = await asyncpg.connect('postgresql://x')\n    await c.add_listener('a', heard)\n",
        "async def f(pool: asyncpg.Pool, heard):\n    c = await pool.acquire()\n    await c.add_listener('a', heard)\n",
        "async def f(bus, heard):\n    async with bus.acquire() as c:\n        await c.add_listener('a', heard)\n",
        (
            "async def f(pool: asyncpg.Pool, heard):\n    async with pool.acquire() as c:\n        while True:\n"
            "            await c.add_listener('a', heard)\n"
        ),
    ],
)
def test_a_connection_of_its_own_and_things_that_are_no_pool(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


def test_the_pool_of_another_files_object(tmp_path: Path) -> None:
    files = {
        "db.py": (
            "import asyncpg\n\nclass Database:\n    def __init__(self):\n        self.pool: asyncpg.Pool | None = None\n\n"
            "    async def start(self):\n        self.pool = await asyncpg.create_pool('postgresql://localhost/x')\n"
        ),
        "listen.py": (
            "from db import Database\n\nasync def subscribe(db: Database, heard):\n    async with db.pool.acquire() as c:\n"
            "        await c.add_listener('orders', heard)  # expect high\n"
        ),
    }
    check_source(files, RULE, tmp_path)
