"""A dependency that hands out a session and never closes it is found; one that closes it, or is none, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import DEPENDENCIES

RULE = "dependency-without-cleanup"
FOUND = (
    """\
def dep():
    return Factory()  # expect high
async def f(db=Depends(dep)):
    async with db:
        ...
async def g(db=Depends(dep)):
    async with db.begin():
        ...
""",
    "def dep():\n    return Factory()  # expect high\ndef f(db=Depends(dep)): ...\n",
    "async def dep():\n    s = Factory()  # expect high\n    return s\nDb = Annotated[int, Depends(dep)]\n",
    "async def dep():\n    s = Factory()  # expect high\n    yield s\ndef f(db=Depends(dep)): ...\n",
    "@app.get('/')\ndef f(db=Depends(Factory)):  # expect high\n    ...\n",
    "async def dep():\n    s = Factory()  # expect high\n    async with other.begin():\n        yield s\nDb = Depends(dep)\n",
    """\
def dep():
    return AsyncSession(engine)  # expect high
def f(db: Annotated[AsyncSession, Depends(dep)]): ...
""",
)
SILENT = (
    # Only the project's own code calls it: FastAPI reads no marker there.
    "def f(db=Depends(Factory)): ...\ndef g(db):\n    f(db)\n",
    "def dep():\n    return Factory()\nasync def f(db=Depends(dep)):\n    async with db:\n        ...\n",
    "def dep():\n    return Factory()\nasync def f(db=Depends(dep)):\n    try:\n        yield db\n    finally:\n        await db.close()\n",
    "async def f(db=Depends(Factory)):\n    async with db as s, s.begin():\n        ...\n",
    "def f(db=Depends(get_db)): ...\n",
    "def fresh():\n    return Factory()\nasync def f():\n    async with fresh() as s: ...\n",
    """\
async def dep():
    s = Factory()
    try:
        yield s
    finally:
        await s.close()
def f(db=Depends(dep)): ...
""",
    "def get_factory():\n    return Factory\ndef f(make=Depends(get_factory)): ...\n",
    "async def dep():\n    async with Factory.begin() as s:\n        yield s\ndef f(db=Depends(dep)): ...\n",
    "async def dep():\n    s = Factory()\n    async with s.begin():\n        yield s\ndef f(db=Depends(dep)): ...\n",
    "import httpx\ndef dep():\n    return httpx.AsyncClient()\ndef f(client=Depends(dep)): ...\n",
    "def dep(request):\n    return request.state.session\ndef f(db=Depends(dep)): ...\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_dependency_that_closes_nothing_is_found(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_dependency_that_closes_its_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


def test_a_dependency_used_in_another_module_is_known(tmp_path: Path) -> None:
    files = {
        "db.py": DEPENDENCIES
        + "def session():\n    return Factory()  # expect high\ndef unused():\n    return Factory()\n",
        "api.py": "import db\nfrom fastapi import Depends\ndef route(s=Depends(db.session)): ...\n",
    }
    check_source(files, RULE, tmp_path)
