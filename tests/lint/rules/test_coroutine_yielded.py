"""`coroutine-yielded`: what context managers and dependencies lend."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

MAKE = "from contextlib import asynccontextmanager\nasync def make() -> AsyncSession:\n    return Session()\n"
USE = "@router.get('/')\nasync def f(db=Depends(own)): ...\n"
YIELDED = [
    MAKE + "@asynccontextmanager\nasync def own():\n    yield make()  # expect high\n",
    MAKE + "async def own():\n    yield make()  # expect high\n" + USE,
    MAKE + "@asynccontextmanager\nasync def own(db: AsyncSession):\n    yield db.connection()  # expect high\n",
    MAKE + "@asynccontextmanager\nasync def own():\n    yield engine.connect().start()  # expect high\n",
]
AWAITED = [
    MAKE + "import asyncio\n@asynccontextmanager\nasync def own():\n    yield asyncio.create_task(make())\n",
    MAKE + "import asyncio\n@asynccontextmanager\nasync def own():\n    yield asyncio.ensure_future(make())\n",
    MAKE + "import asyncio\n@asynccontextmanager\nasync def own():\n    yield asyncio.gather(make(), make())\n",
    MAKE + "@asynccontextmanager\nasync def own():\n    yield await make()\n",
    MAKE + "@asynccontextmanager\nasync def own():\n    yield await engine.connect().start()\n",
    MAKE + "async def own():\n    yield make()\n",
    MAKE + "@asynccontextmanager\nasync def own():\n    yield Session()\n",
    MAKE
    + "@asynccontextmanager\nasync def own():\n    yield make()\nasync def f():\n    async with own() as s:\n        db = await s\n",
]


@pytest.mark.parametrize("code", YIELDED)
def test_a_coroutine_that_is_lent_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "coroutine-yielded", tmp_path)


@pytest.mark.parametrize("code", AWAITED)
def test_a_value_or_a_coroutine_that_is_awaited_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "coroutine-yielded", tmp_path)
