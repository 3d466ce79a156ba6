"""`commit-after-response`: what commits behind the `yield` of a dependency, and the scope its markers give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

PLAIN = (
    "async def own():\n    async with Session() as s:\n        yield s\n        await s.commit(){mark}\n"
    "@router.post('/')\nasync def f(db: AsyncSession = Depends(own{scope})): ...\n"
)
LATE = [
    (
        "class Unit:\n    async def __aenter__(self):\n        self.session = Session()\n"
        "        return self\n    async def __aexit__(self, kind, error, trace):\n"
        "        if kind is None:\n            await self.session.commit()\n"
        "        await self.session.close()\nasync def own():\n"
        "    async with Unit() as unit:  # expect medium\n        yield unit\n@router.post('/')\n"
        "async def f(unit=Depends(own)): ...\n"
    ),
    (
        "class Unit:\n    async def __aenter__(self):\n        self.session = Session()\n"
        "        return self\n    async def __aexit__(self, kind, error, trace):\n"
        "        if kind is None:\n            await self.session.commit()\n"
        "        await self.session.close()\nasync def own():\n"
        "    async with Unit() as unit:  # expect medium\n        yield unit.session\n@router.post('/')\n"
        "async def f(unit=Depends(own)): ...\n"
    ),
    (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def scope():\n"
        "    async with Session() as s:\n        yield s\n        await s.commit()\nasync def own():\n"
        "    async with scope() as s:  # expect medium\n        yield s\n@router.post('/')\n"
        "async def f(db=Depends(own)): ...\n"
    ),
    PLAIN.format(mark="  # expect medium", scope=""),
    PLAIN.format(mark="  # expect low", scope=", scope='request'"),
    PLAIN.format(mark="  # expect medium", scope=", scope='request'") + "Db = Annotated[AsyncSession, Depends(own)]\n",
    (
        "async def own():\n    s = Session()\n    try:\n        yield s\n        await s.commit()  # expect medium\n"
        "    finally:\n        await s.close()\n@router.post('/')\nasync def f(db=Depends(own)): ...\n"
    ),
    (
        "async def own():\n    s = Session()\n    try:\n        yield s\n    finally:\n        await s.commit()  # expect medium\n"
        "@router.post('/')\nasync def f(db=Depends(own)): ...\n"
    ),
    (
        "async def own():\n    async with Session.begin() as s:  # expect medium\n        yield s\n"
        "Db = Annotated[AsyncSession, Depends(own)]\n"
    ),
    (
        "async def own():\n    async with Session() as s, s.begin():  # expect medium\n        yield s\n"
        "@router.post('/', dependencies=[Depends(own)])\nasync def f(): ...\n"
    ),
]
IN_TIME = [
    (
        "class Unit:\n    async def __aenter__(self):\n        self.session = Session()\n"
        "        return self\n    async def __aexit__(self, kind, error, trace):\n"
        "        if kind is None:\n            await self.session.rollback()\n"
        "        await self.session.close()\nasync def own():\n    async with Unit() as unit:\n"
        "        yield unit\n@router.post('/')\nasync def f(unit=Depends(own)): ...\n"
    ),
    (
        "class Unit:\n    async def __aenter__(self):\n        self.session = Session()\n"
        "        return self\n    async def __aexit__(self, kind, error, trace):\n"
        "        if kind is None:\n            await self.session.commit()\n"
        "        await self.session.close()\nasync def own():\n    async with Unit() as unit:\n"
        "        yield 1\n@router.post('/')\nasync def f(unit=Depends(own)): ...\n"
    ),
    PLAIN.format(mark="", scope=", scope='function'"),
    "async def own():\n    async with Session() as s:\n        yield s\n@router.post('/')\nasync def f(db=Depends(own)): ...\n",
    "async def own():\n    async with Session() as s:\n        yield s\n        await s.commit()\n",
    "from contextlib import asynccontextmanager\n@asynccontextmanager\n" + PLAIN.format(mark="", scope=""),
    (
        "async def own():\n    async with Session() as s:\n        await s.commit()\n        yield s\n"
        "@router.post('/')\nasync def f(db=Depends(own)): ...\n"
    ),
    "from litestar.di import Provide\n" + PLAIN.format(mark="", scope="").replace("Depends", "Provide"),
]


@pytest.mark.parametrize("code", LATE)
def test_a_late_commit_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "commit-after-response", tmp_path)


@pytest.mark.parametrize("code", IN_TIME)
def test_a_commit_before_the_response_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "commit-after-response", tmp_path)


OWN = "async def own():\n    async with Session() as s:\n        yield s\n        await s.commit(){told}\n"
ENDPOINT = "@router.post('/{name}')\nasync def {name}(db: AsyncSession = Depends(own)):\n{body}"
TOLD = "  # expect medium"
DONE = "    db.add(1)\n    await db.commit()\n"
BODIES = [
    (DONE, ""),
    ("    try:\n        db.add(1)\n        await db.commit()\n    finally:\n        done()\n    return db.info\n", ""),
    (DONE + "    await db.refresh(user)\n    return user\n", ""),
    ("    db.add(1)\n", TOLD),
    ("    if ready:\n        await db.commit()\n", TOLD),
    (DONE + "    db.add(2)\n", TOLD),
    (DONE + "    await log(db)\n", TOLD),
    ("    db.add(1)\n    if dry:\n        return 0\n    await db.commit()\n", TOLD),
    ("    try:\n        db.add(1)\n    except ValueError:\n        await db.commit()\n", TOLD),
]


@pytest.mark.parametrize(("body", "told"), BODIES)
@pytest.mark.parametrize("is_alone", [True, False])
def test_an_endpoint_that_commits_itself_leaves_nothing_to_do(
    body: str, told: str, is_alone: bool, tmp_path: Path
) -> None:
    others = "" if is_alone else ENDPOINT.format(name="other", body=DONE)
    code = OWN.format(told=told) + others + ENDPOINT.format(name="own_one", body=body)
    check_source(project(code), "commit-after-response", tmp_path)


EARLY = {
    "requirements.txt": "fastapi==0.115.6\n",
    "setup.cfg": "install_requires =\n    fastapi>=0.106,<0.118\n",
}
MAYBE = {"requirements.txt": "fastapi>=0.110\n", "setup.cfg": "install_requires =\n    fastapi<0.118\n"}


@pytest.mark.parametrize(("name", "text"), EARLY.items())
def test_nothing_is_said_where_every_version_asked_for_exits_before_the_response(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    check_source(project(PLAIN.format(mark="", scope="")), "commit-after-response", tmp_path)


@pytest.mark.parametrize(("name", "text"), MAYBE.items())
def test_a_late_commit_is_found_where_another_version_may_be_installed(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    check_source(project(LATE[0]), "commit-after-response", tmp_path)


@pytest.mark.parametrize(("ending", "told"), [("await s.commit()", True), ("await s.close()", False)])
@pytest.mark.parametrize("given", ["Depends(db.own)", "Annotated[AsyncSession, Depends(db.own)]"])
def test_a_dependency_may_be_a_method(ending: str, told: bool, given: str, tmp_path: Path) -> None:
    mark = "  # expect medium" * told
    param = f"s: {given}" if given.startswith("Annotated") else f"s={given}"
    code = (
        "class Db:\n    def __init__(self):\n        self.factory = Session\n    async def own(self):\n"
        f"        async with Session() as s:\n            yield s\n            {ending}{mark}\n"
        f"db = Db()\n@router.post('/')\nasync def f({param}): ...\n"
    )
    check_source(project(code), "commit-after-response", tmp_path)
