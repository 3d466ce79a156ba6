"""`codec-of-one-connection`: codecs that one connection of a pool learns, and blocks that use or keep that connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "codec-of-one-connection"
HEAD = "import asyncpg\nfrom pgvector.asyncpg import register_vector\n"
START = "async def f():\n    pool = await asyncpg.create_pool('postgresql://localhost/x'{options})\n"
BLOCK = "    async with pool.acquire() as c:\n"
TEACH = ["await c.set_type_codec('vector', encoder=str, decoder=str)", "await register_vector(c)"]
TOLD = "  # expect high"


@pytest.mark.parametrize("teach", TEACH)
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", True),
        ("        await c.execute('create extension if not exists vector')\n", "", True),
        ("", "        await c.fetch('select 1')\n", False),
        ("", "        await load(c)\n", False),
        ("", "        return c\n", False),
        ("", "        yield c\n", False),
        ("", "        keep.connection = c\n", False),
    ],
)
def test_what_the_block_does_with_its_connection(
    teach: str, before: str, after: str, told: bool, tmp_path: Path
) -> None:
    code = HEAD + START.format(options="") + BLOCK + before + f"        {teach}{TOLD * told}\n{after}"
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize("teach", TEACH)
@pytest.mark.parametrize("options", [", max_size=1", ", min_size=1, max_size=1"])
def test_a_pool_of_one(teach: str, options: str, tmp_path: Path) -> None:
    check_source(HEAD + START.format(options=options) + BLOCK + f"        {teach}\n", RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        "async def init(c):\n    await c.set_type_codec('vector', encoder=str, decoder=str)\n",
        "async def f():\n    c = await asyncpg.connect('postgresql://x')\n    await register_vector(c)\n    return c\n",
        "async def f(pool):\n    async with pool.take() as c:\n        await c.set_type_codec('x', encoder=str, decoder=str)\n",
        "def f(pool: asyncpg.Pool):\n    return pool\n",
    ],
)
def test_a_connection_of_its_own_or_of_each_new_one(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


def test_the_pool_of_an_object(tmp_path: Path) -> None:
    code = (
        "class Pages:\n    async def pool(self):\n"
        "        self._pool = await asyncpg.create_pool('postgresql://localhost/x')\n"
        f"        async with self._pool.acquire() as c:\n            await register_vector(c){TOLD}\n"
    )
    check_source(HEAD + code, RULE, tmp_path)
