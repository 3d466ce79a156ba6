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


ROUTE = "from app.code import own\nfrom fastapi import APIRouter, Depends\nrouter = APIRouter()\n"
ELSEWHERE = [
    ("async def f(db=Depends(own)):\n    return await db\n", ""),
    ("async def f(db: 'Awaitable[AsyncSession]' = Depends(own)):\n    return keep(db)\n", ""),
    ("Lazy = Annotated[Awaitable[AsyncSession], Depends(own)]\n", ""),
    ("async def f(db=Depends(own)):\n    return await db.scalar(q)\n", "  # expect high"),
    ("async def f(db=Depends(own), other=Depends(own)):\n    return await other\n", ""),
    ("async def f(db=Depends(own)):\n    await other\n    return db.name\n", "  # expect high"),
]


@pytest.mark.parametrize(("route", "told"), ELSEWHERE)
def test_an_endpoint_of_another_file_may_await_what_it_is_given(route: str, told: str, tmp_path: Path) -> None:
    files = project(MAKE + f"async def own():\n    yield make(){told}\n")
    files["app/routes.py"] = ROUTE + "@router.get('/')\n" * route.startswith("async") + route
    check_source(files, "coroutine-yielded", tmp_path)


@pytest.mark.parametrize("code", YIELDED)
def test_a_coroutine_that_is_lent_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "coroutine-yielded", tmp_path)


@pytest.mark.parametrize("code", AWAITED)
def test_a_value_or_a_coroutine_that_is_awaited_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "coroutine-yielded", tmp_path)


NAMED = """\
from contextlib import asynccontextmanager
async def make():
    return Session()
{decorator}
async def own():
    db = {given}
{then}
"""


@pytest.mark.parametrize(
    ("decorator", "given", "then"),
    [
        ("@asynccontextmanager", "make()", "    yield db  # expect high"),
        ("@asynccontextmanager", "make()", "    try:\n        yield db  # expect high\n    finally:\n        pass"),
        ("@asynccontextmanager", "await make()", "    yield db"),
        ("@asynccontextmanager", "make()", "    db = await db\n    yield db"),
        ("@asynccontextmanager", "asyncio.create_task(make())", "    yield db"),
        ("", "make()", "    yield db"),
    ],
)
def test_a_coroutine_that_a_name_holds(decorator: str, given: str, then: str, tmp_path: Path) -> None:
    check_source(project(NAMED.format(decorator=decorator, given=given, then=then)), "coroutine-yielded", tmp_path)
