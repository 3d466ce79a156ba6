"""`scoped-session-never-removed`: looked for in the whole project before it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

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
