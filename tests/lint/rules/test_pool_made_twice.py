"""`pool-made-twice`: pools that are made when they are first asked for, and what lets nobody ask twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "pool-made-twice"
HEAD = "import asyncio\nimport asyncpg\nfrom asyncpg import create_pool\n_pool = None\n_lock = asyncio.Lock()\n"
MADE = "_pool = await asyncpg.create_pool('postgresql://x')"
TOLD = "  # expect medium"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    if _pool is None:\n        {made}{told}\n    return _pool\n", True),
        ("    if not _pool:\n        {made}{told}\n    return _pool\n", True),
        ("    if _pool is not None:\n        return _pool\n    {made}{told}\n    return _pool\n", True),
        ("    async with _lock:\n        if _pool is None:\n            {made}{told}\n    return _pool\n", False),
        ("    if _pool is None:\n        {made}{told}\n", False),
        ("    {made}{told}\n    return _pool\n", False),
        ("    if _pool is None:\n        _pool = await made_elsewhere(){told}\n    return _pool\n", False),
    ],
)
def test_a_pool_of_the_module(body: str, told: bool, tmp_path: Path) -> None:
    code = HEAD + "async def get_pool():\n    global _pool\n" + body.format(made=MADE, told=TOLD * told)
    check_source(code, RULE, tmp_path)


def test_a_pool_of_an_object(tmp_path: Path) -> None:
    code = (
        "class Database:\n    async def pool(self):\n        if self._pool is None:\n"
        "            self._pool = await create_pool('postgresql://x')  # expect low\n        return self._pool\n"
    )
    check_source(HEAD + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (
            (
                "from contextlib import asynccontextmanager\nfrom pools import get_pool\n@asynccontextmanager\n"
                "async def lifespan(app):\n    await get_pool()\n    yield\n"
            ),
            False,
        ),
        ("from pools import get_pool\n@app.on_event('startup')\nasync def start():\n    await get_pool()\n", False),
        ("from pools import get_pool\nasync def endpoint():\n    return await get_pool()\n", True),
        ("async def lifespan(app):\n    yield\n", True),
    ],
)
def test_what_runs_before_the_first_request(first: str, told: bool, tmp_path: Path) -> None:
    pools = HEAD + (
        f"async def get_pool():\n    global _pool\n    if _pool is None:\n        {MADE}{TOLD * told}\n    return _pool\n"
    )
    check_source({"pools.py": pools, "main.py": first}, RULE, tmp_path)
