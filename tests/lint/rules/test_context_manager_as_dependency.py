"""`context-manager-as-dependency`: a function that `@asynccontextmanager` has wrapped, given to `Depends`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

MANAGER = "from contextlib import {name}\n@{name}\n{kind} scope():\n    yield Session()\n"
ASYNC, SYNC = (
    MANAGER.format(name="asynccontextmanager", kind="async def"),
    MANAGER.format(name="contextmanager", kind="def"),
)
USE = "@router.get('/')\nasync def f(db: AsyncSession = Depends(scope)):  # expect high\n    ...\n"
BAD = [
    ASYNC
    + "@router.get('/')\nasync def f(given=Depends(scope)):  # expect medium\n    async with given as db:\n        ...\n",
    (
        "from contextlib import asynccontextmanager\nscope = asynccontextmanager(get_db)\n"
        "@router.get('/')\nasync def f(db=Depends(scope)):  # expect high\n    ...\n"
    ),
    ASYNC + USE,
    SYNC + USE,
    "import contextlib\n" + ASYNC.replace("@async", "@contextlib.async") + USE,
    ASYNC + "Db = Annotated[AsyncSession, Depends(scope)]  # expect high\n",
    ASYNC + "@router.get('/', dependencies=[Depends(scope)])  # expect high\nasync def f(): ...\n",
]
GOOD = [
    (
        "from contextlib import asynccontextmanager\nscope = asynccontextmanager(get_db)\n"
        "@router.get('/')\nasync def f(db=Depends(get_db)):\n    ...\n"
    ),
    ASYNC.replace("@asynccontextmanager\n", "") + USE.replace("  # expect high", ""),
    ASYNC + "async def db():\n    async with scope() as s:\n        yield s\n"
    "@router.get('/')\nasync def f(db=Depends(db)): ...\n",
    "def asynccontextmanager(f):\n    return f\n@asynccontextmanager\nasync def scope():\n    yield 1\n"
    + USE.replace("  # expect high", ""),
    ASYNC + "from lagom import Depends\n" + USE.replace("  # expect high", ""),
    # FastAPI reads no default of a function that only the project's own code calls.
    ASYNC + "async def load(key, db: AsyncSession = Depends(scope)): ...\n"
    "async def job():\n    async with scope() as s:\n        await load(1, s)\n",
]
READ_BY_FASTAPI = [
    "@router.get('/')\nasync def f(key=Depends(load)): ...\n",
    "router.add_api_route('/', load)\n",
    "HANDLERS = [load]\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_context_manager_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "context-manager-as-dependency", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_a_plain_generator_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "context-manager-as-dependency", tmp_path)


@pytest.mark.parametrize("use", READ_BY_FASTAPI)
def test_the_default_of_what_is_handed_to_fastapi_is_read(use: str, tmp_path: Path) -> None:
    code = ASYNC + "async def load(key, db: AsyncSession = Depends(scope)):  # expect high\n    ...\n" + use
    check_source(project(code), "context-manager-as-dependency", tmp_path)


def test_the_default_of_a_class_is_read(tmp_path: Path) -> None:
    code = (
        ASYNC
        + "class Orders:\n    def __init__(self, db: AsyncSession = Depends(scope)):  # expect high\n        ...\n"
    )
    check_source(project(code), "context-manager-as-dependency", tmp_path)
