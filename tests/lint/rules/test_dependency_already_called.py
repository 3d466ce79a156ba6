"""`dependency-already-called`: `Depends(f())` where the result of `f()` cannot be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    "async def f(db: AsyncSession = Depends(get_db())): ...  # expect high\n",
    "Db = Annotated[AsyncSession, Depends(get_db())]  # expect high\n",
    "async def user():\n    return 1\nasync def f(u=Depends(user())): ...  # expect high\n",
    "async def f(db=Depends(Session())): ...  # expect high\n",
    "def gen():\n    yield 1\n@router.get('/', dependencies=[Depends(gen())])  # expect high\nasync def f(): ...\n",
]
GOOD = [
    "async def f(db: AsyncSession = Depends(get_db)): ...\n",
    "def role(name):\n    def check():\n        return name\n    return check\nasync def f(u=Depends(role('a'))): ...\n",
    "class Role:\n    def __init__(self, name): ...\n    def __call__(self): ...\nasync def f(u=Depends(Role('a'))): ...\n",
    "from somewhere import role\nasync def f(u=Depends(role('a'))): ...\n",
    "def role(name):\n    async def check():\n        yield name\n    return check\nasync def f(u=Depends(role('a'))): ...\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_call_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "dependency-already-called", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_a_call_that_makes_a_dependency_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "dependency-already-called", tmp_path)
