"""`expire-on-commit-left-on` sees the factory that leaves the option on, and puts it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed

HEAD = """\
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
import sqlalchemy.ext.asyncio as sa
"""
BAD = [
    "Session = async_sessionmaker(engine)  # expect high\n",
    "Session = async_sessionmaker()  # expect high\n",
    "Session = sa.async_sessionmaker(engine, autoflush=False)  # expect high\n",
    "Session = async_sessionmaker[AsyncSession](engine)  # expect high\n",
    "Session = sessionmaker(engine, class_=AsyncSession)  # expect high\n",
    (
        "async def f():\n    async with AsyncSession(engine) as db:  # expect high\n"
        "        db.add(x)\n        await db.commit()\n        print(x.id)\n"
    ),
    (
        "async def f():\n    async with AsyncSession(engine) as db:  # expect high\n"
        "        db.add(x)\n        await db.commit()\n    return x\n"
    ),
]
GOOD = [
    "Session = async_sessionmaker(engine, expire_on_commit=False)\n",
    "Session = async_sessionmaker(engine, expire_on_commit=True)\n",
    "Session = async_sessionmaker(engine, **options)\n",
    "Session = async_sessionmaker()\nSession.configure(bind=engine, expire_on_commit=False)\n",
    "Session = sessionmaker(engine)\n",
    "class Db(AsyncSession): ...\nSession = async_sessionmaker(engine, class_=Db)\n",
    "async def f():\n    async with AsyncSession(engine) as db:\n        await db.execute(q)\n",
    "async def f():\n    async with AsyncSession(engine) as db:\n        db.add(x)\n        await db.commit()\n",
    # Nothing of the session is read behind its commit: a result, another session's, what is filled again.
    (
        "async def f():\n    async with AsyncSession(engine) as db:\n        done = await db.execute(q)\n"
        "        await db.commit()\n        return done.rowcount\n"
    ),
    (
        "async def f():\n    async with AsyncSession(engine) as db, AsyncSession(other) as old:\n        old.add(x)\n"
        "        await db.commit()\n        print(x.id)\n"
    ),
    (
        "async def f():\n    async with AsyncSession(engine) as db:\n        db.add(x)\n        await db.commit()\n"
        "        await db.refresh(x)\n        return x.id\n"
    ),
    (
        "async def f():\n    async with AsyncSession(engine) as db:\n        db.add(x)\n        if done:\n"
        "            await db.commit()\n            return True\n        return x.id\n"
    ),
    # It is entered as it is, which fails before any session is made.
    "async def f():\n    async with async_sessionmaker() as db:\n        await db.execute(q)\n",
    "def async_sessionmaker(x): ...\nSession = async_sessionmaker(1)\n",
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_factories_that_leave_it_on_are_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, "expire-on-commit-left-on", tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("async_sessionmaker()", "async_sessionmaker(expire_on_commit=False)"),
        ("async_sessionmaker(\n    engine,\n)", "async_sessionmaker(\n    engine, expire_on_commit=False,\n)"),
        ("async_sessionmaker(bind=engine)", "async_sessionmaker(bind=engine, expire_on_commit=False)"),
    ],
)
def test_the_edit_puts_the_option_behind_the_last_argument(before: str, after: str, tmp_path: Path) -> None:
    code = f"{HEAD}Session = {before}\n"
    assert fixed(code, "expire-on-commit-left-on", tmp_path, unsafe=True) == f"{HEAD}Session = {after}\n"
    # What a session has read stays as it was then: code may rely on the opposite.
    assert fixed(code, "expire-on-commit-left-on", tmp_path) == code


def test_tests_may_leave_it_on(tmp_path: Path) -> None:
    check_source({"tests/conftest.py": HEAD + "Session = async_sessionmaker()\n"}, "expire-on-commit-left-on", tmp_path)


@pytest.mark.parametrize(
    ("option", "mark"),
    [("expire_on_commit=False", ""), ("expire_on_commit=True", ""), ("autoflush=False", "  # expect")],
)
def test_a_factory_whose_calls_turn_it_off_is_left_alone(option: str, mark: str, tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/admin.py": f"{HEAD}class Admin:\n    def __init__(self):\n        self.make = async_sessionmaker(){mark}\n",
        "app/save.py": f"async def save(admin, row):\n    async with admin.make({option}) as session:\n        session.add(row)\n",
    }
    check_source(files, "expire-on-commit-left-on", tmp_path)


HEALTH = """\
class Health:
    def __init__(self):
        self.sessions = async_sessionmaker(engine){mark}
    async def ready(self):
        async with self.sessions() as session:
            {does}
"""


@pytest.mark.parametrize(
    ("does", "mark"),
    [
        ("return await session.scalar(q)", ""),
        ("session.add(x)", "  # expect high"),
        ("yield session", "  # expect high"),
        ("await session.commit()", "  # expect high"),
    ],
)
def test_a_class_that_commits_nothing_of_its_own_factory_loses_nothing(does: str, mark: str, tmp_path: Path) -> None:
    check_source(HEAD + HEALTH.format(does=does, mark=mark), "expire-on-commit-left-on", tmp_path)


REPLAY = """\
from sqlalchemy import select, text
async def replay(url):
    sessions = async_sessionmaker(create_async_engine(url)){mark}
    async for event in letters(sessions):
        async with sessions.begin() as session:
            await session.execute({statement})
        {after}
"""


@pytest.mark.parametrize(
    ("statement", "after", "mark"),
    [
        ("text('delete from letters')", "print(event)", ""),
        ("select(Letter)", "print(event)", "  # expect high"),
        ("text('delete from letters')", "session.add(event)", "  # expect high"),
        ("text('delete from letters')", "await store(session, event)", "  # expect high"),
        ("text('delete from letters')", "return sessions_factory", "  # expect high"),
    ],
)
def test_a_factory_of_a_function_whose_file_sends_text_alone_expires_nothing(
    statement: str, after: str, mark: str, tmp_path: Path
) -> None:
    code = HEAD + REPLAY.format(statement=statement, after=after, mark=mark)
    check_source(code, "expire-on-commit-left-on", tmp_path)
