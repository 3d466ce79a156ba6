"""`factory-not-called` tells a factory that is entered from a session that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_models import project

BAD = [
    "async def f():\n    async with Session as own:  # expect high\n        await own.commit()\n",
    "async def f():\n    async with Session:  # expect high\n        pass\n",
    "async def f(a):\n    async with a as b, Session as own:  # expect high\n        await own.commit()\n",
    "async def f():\n    with Session as own:  # expect high\n        own.commit()\n",
    # A factory is made where a session is wanted, by its class or by a function.
    (
        "from sqlalchemy.ext.asyncio import async_sessionmaker as _maker\nasync_sessionmaker = _maker\n"
        "async def f():\n    async with async_sessionmaker() as own:  # expect high\n        await own.commit()\n"
    ),
    (
        "def get_sessionmaker():\n    return Session\n"
        "async def f():\n    async with get_sessionmaker() as own:  # expect\n        await own.commit()\n"
    ),
    (
        "from sqlalchemy.orm import sessionmaker\nOther = sessionmaker()\n"
        "def f():\n    with Other as own:  # expect high\n        own.commit()\n"
    ),
]
GOOD = [
    (
        "from sqlalchemy.ext.asyncio import async_sessionmaker\n"
        "async def f():\n    async with async_sessionmaker(engine)() as own:\n        await own.commit()\n"
    ),
    (
        "def get_sessionmaker():\n    return Session\n"
        "async def f():\n    async with get_sessionmaker()() as own:\n        await own.commit()\n"
    ),
    (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def sessionmaker():\n"
        "    async with Session() as own:\n        yield own\n"
        "async def f():\n    async with sessionmaker() as own:\n        await own.commit()\n"
    ),
    "async def f():\n    async with Session() as own:\n        await own.commit()\n",
    "async def f():\n    own = Session()\n    async with own as again:\n        await again.commit()\n",
    "async def f():\n    async with Session.begin() as own:\n        await own.flush()\n",
    "async def f(Session):\n    async with Session as own:\n        await own.commit()\n",
    "async def f(x):\n    Session = x if x else None\n    async with Session as own:\n        await own.commit()\n",
    "import pytest\nasync def f():\n    with pytest.raises(TypeError):\n        async with Session as own:\n            pass\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_factory_that_is_entered_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "factory-not-called", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_makes_or_holds_a_session_is_left_alone(code: str, tmp_path: Path) -> None:
    check_source(project(code), "factory-not-called", tmp_path)


def test_the_fix_calls_it(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import async_sessionmaker\nSession = async_sessionmaker()\n"
        "async def f():\n    async with Session as own:\n        pass\n"
    )
    assert "async with Session() as own:" in fixed(code, "factory-not-called", tmp_path)


MANAGER = """\
from contextlib import asynccontextmanager

class Storage:
    {decorator}
    async def session(self):
        async with Session() as own:
            yield own

    @asynccontextmanager
    async def numbers(self):
        yield 1

class Users:
    def __init__(self, storage: Storage):
        self.storage = storage

    async def f(self):
        async with self.storage.{entered}:{mark}
            await own.commit()
"""


@pytest.mark.parametrize(
    ("decorator", "entered", "mark"),
    [
        ("@asynccontextmanager", "session as own", "  # expect high"),
        ("@asynccontextmanager", "session() as own", ""),
        ("@property\n    @asynccontextmanager", "session as own", ""),
        ("@asynccontextmanager", "numbers as own", ""),
        ("", "session as own", ""),
    ],
)
def test_the_function_of_a_context_manager_is_none_itself(
    decorator: str, entered: str, mark: str, tmp_path: Path
) -> None:
    code = MANAGER.format(decorator=decorator, entered=entered, mark=mark)
    check_source(project(code), "factory-not-called", tmp_path)
