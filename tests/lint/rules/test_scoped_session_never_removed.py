"""`scoped-session-never-removed`: looked for in the whole project before it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

HOME = (
    "from asyncio import current_task\nfrom sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker\n"
    "registry = async_scoped_session(async_sessionmaker(), scopefunc=current_task)\n"
)
USE = "from db import registry\nasync def f(q):\n    return await registry.scalar(q){mark}\n"


def files(other: str, use: str = USE) -> dict[str, str]:
    return {"pyproject.toml": "", "db.py": HOME, "api.py": use, "other.py": other}


def test_a_registry_nobody_empties_is_found_once_a_file(tmp_path: Path) -> None:
    again = "async def g(q):\n    await registry.execute(q)\n"
    check_source(files("", USE.format(mark="  # expect high") + again), "scoped-session-never-removed", tmp_path)


@pytest.mark.parametrize(
    "other",
    [
        "from db import registry\nasync def end():\n    await registry.remove()\n",
        "import db\nasync def end():\n    await db.registry.remove()\n",
        "async def end(session):\n    await session.remove()\n",
    ],
)
def test_a_removal_anywhere_is_enough(other: str, tmp_path: Path) -> None:
    check_source(files(other, USE.format(mark="")), "scoped-session-never-removed", tmp_path)


def test_a_session_of_its_own_needs_none(tmp_path: Path) -> None:
    use = "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(registry: AsyncSession):\n    await registry.scalar(1)\n"
    check_source(files("", use), "scoped-session-never-removed", tmp_path)


def test_the_session_of_a_task_is_its_registrys(tmp_path: Path) -> None:
    use = "from db import registry\nasync def f(q):\n    session = registry()\n    await session.execute(q){mark}\n"
    check_source(files("", use.format(mark="  # expect high")), "scoped-session-never-removed", tmp_path)
    ended = "from db import registry\nasync def end():\n    await registry.remove()\n"
    check_source(files(ended, use.format(mark="")), "scoped-session-never-removed", tmp_path)


THREADS = (
    "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import scoped_session, sessionmaker\n"
    "registry = scoped_session(sessionmaker(create_engine('postgresql://h/d')))\n"
)
ENDPOINT = (
    "from fastapi import APIRouter\nfrom db import registry\ndef f():\n    return registry.query(1).all(){mark}\n"
)


@pytest.mark.parametrize(
    ("other", "use", "mark"),
    [
        ("", ENDPOINT, "  # expect medium"),
        ("from db import registry\ndef end():\n    registry.remove()\n", ENDPOINT, ""),
        ("", ENDPOINT.replace("from fastapi import APIRouter\n", ""), ""),
    ],
)
def test_a_registry_of_threads_behind_endpoints(other: str, use: str, mark: str, tmp_path: Path) -> None:
    """Whose threads end with the process."""
    given = files(other, use.format(mark=mark)) | {"db.py": THREADS}
    check_source(given, "scoped-session-never-removed", tmp_path)


GIVEN = (
    "from sqlalchemy.ext.asyncio import async_scoped_session\n"
    "async def f(given: async_scoped_session, q):\n    return await given.scalar(q){mark}\n"
)


@pytest.mark.parametrize(
    ("other", "mark"),
    [
        ("from db import registry\nat_the_end(registry.remove)\n", ""),
        ("from db import registry\nat_the_end(registry.close)\n", "  # expect high"),
        ("names = []\nnames.remove(3)\n", "  # expect high"),
    ],
)
def test_a_registry_that_is_given_may_be_the_one_that_something_else_removes(
    other: str, mark: str, tmp_path: Path
) -> None:
    check_source(files(other, GIVEN.format(mark=mark)), "scoped-session-never-removed", tmp_path)


LENT = (
    "from contextlib import asynccontextmanager\nfrom asyncio import current_task\n"
    "from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker\nMaker = async_sessionmaker()\n"
    "class Base:\n    def factory(self):\n        @asynccontextmanager\n"
    "        async def lend():\n            scoped = async_scoped_session(Maker, scopefunc=current_task)\n"
    "            try:\n                yield scoped\n            finally:\n                await scoped.close()\n"
    "        return lend\n"
    "@asynccontextmanager\nasync def {name}():\n    scoped = async_scoped_session(Maker, scopefunc=current_task)\n"
    "    yield scoped\n{end}"
)
LENDING = (
    "from db import {name}\nfrom sqlalchemy.ext.asyncio import async_scoped_session\n"
    "async def f(q, factory):\n    async with {entered} as session:\n        await session.scalar(q){mark}\n"
)


@pytest.mark.parametrize(
    ("entered", "end", "mark"),
    [
        ("lend()", "", "  # expect high"),
        ("lend()", "    await scoped.remove()\n", ""),
        ("lend()", "    await scoped.close()\n", ""),
        ("factory()", "", ""),
    ],
)
def test_a_block_that_lends_a_registry_is_there_to_end_it(entered: str, end: str, mark: str, tmp_path: Path) -> None:
    given = {
        "pyproject.toml": "",
        "db.py": LENT.format(name="lend", end=end),
        "api.py": LENDING.format(name="lend", entered=entered, mark=mark),
    }
    check_source(given, "scoped-session-never-removed", tmp_path)


def test_a_registry_made_for_each_block_is_ended_by_its_manager(tmp_path: Path) -> None:
    use = (
        "from db import Base\nclass Films(Base):\n    def __init__(self):\n        self.lend = self.factory()\n"
        "    async def one(self, q):\n        async with self.lend() as session:\n            return await session.scalar(q)\n"
    )
    check_source(
        {"pyproject.toml": "", "db.py": LENT.format(name="lend", end=""), "api.py": use},
        "scoped-session-never-removed",
        tmp_path,
    )


PLAIN = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker
"""


@pytest.mark.parametrize(
    ("factory", "mark"),
    [
        ("sessionmaker(class_=AsyncSession)", "  # expect high"),
        ("async_sessionmaker()", "  # expect high"),
        ("sessionmaker()", ""),
        ("sessionmaker(class_=Session)", ""),
        ("unknown", ""),
    ],
)
def test_a_registry_of_threads_around_asyncio_sessions(factory: str, mark: str, tmp_path: Path) -> None:
    """Its `remove()` calls AsyncSession.close() and awaits nothing: "coroutine 'AsyncSession.close' was never awaited"."""
    code = f"{PLAIN}factory = {factory}\nregistry = scoped_session(factory, scopefunc=task){mark}\n"
    check_source(code + "def end():\n    registry.remove()\n", "scoped-session-never-removed", tmp_path)


PROVIDER = """\
from asyncio import current_task
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker
registry = async_scoped_session(async_sessionmaker(engine), scopefunc=current_task)

async def lent():
    {given}
{behind}
@router.get("/")
async def route(db=Depends({name})):
    return db.name
"""


@pytest.mark.parametrize(
    ("given", "behind", "name"),
    [
        ("yield registry()  # expect medium", "", "lent"),
        ("db = registry()\n    yield db  # expect medium", "", "lent"),
        ("yield registry  # expect medium", "", "lent"),
        ("yield registry()", "    await registry.remove()\n", "lent"),
        ("db = registry()\n    yield db", "    await db.close()\n", "lent"),
        ("yield registry()", "", "other"),
        ("yield Session()", "", "lent"),
    ],
)
def test_a_dependency_that_lends_the_session_of_the_task(given: str, behind: str, name: str, tmp_path: Path) -> None:
    check_source(
        project(PROVIDER.format(given=given, behind=behind, name=name)), "scoped-session-never-removed", tmp_path
    )
