"""A session that nobody closes is found; one that is closed or handed over, in any way, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import LEAKS

RULE = "unclosed-session"
UNCLOSED = """\
async def bound():
    s = Factory()  # expect high
    await s.execute(select(1))

async def of_the_class():
    s = AsyncSession(engine)  # expect high
    return (await s.scalars(select(1))).all()

async def inline():
    await Factory().execute(select(1))  # expect high

async def annotated(make: async_sessionmaker[AsyncSession]):
    s: AsyncSession = make()  # expect high
    await load(s)

async def load(s):
    return await s.scalar(select(1))

async def given_to_a_stranger(stranger):
    s = Factory()  # expect medium
    await stranger(s)

async def gives_back_after_each_block():
    s = Factory()  # expect low
    async with s.begin():
        await s.execute(select(1))

async def renamed():
    first = Factory()  # expect high
    second = first
    await second.execute(select(1))

def new_session():
    s = Factory()
    return s

async def of_a_function():
    s = new_session()  # expect high
    await s.execute(select(1))

class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def load(self):
        return await self.session.execute(select(1))

async def held_by_an_object():
    s = Factory()  # expect high
    return await Repo(s).load()

async def second_one_left_open():
    s = Factory()
    await s.close()
    s = Factory()  # expect high
    await s.execute(select(1))

async def provided():
    s = Factory()  # expect high
    yield Repo(s)

async def clean_up(s: AsyncSession):
    s.sync_session.info["cleaned"] = True
    await s.execute(select(1))

async def given_to_a_function_that_only_sounds_like_an_owner():
    s = Factory()  # expect high
    await clean_up(s)

def get_factory() -> async_sessionmaker[AsyncSession]:
    return Factory

async def of_a_short_name(pool: async_sessionmaker[AsyncSession]):
    sf = get_factory()
    s = sf()  # expect high
    await s.execute(select(1))
    t = pool()  # expect high
    await t.execute(select(1))

class Middleware:
    def __init__(self, make: async_sessionmaker):
        self.session_pool = make
    async def __call__(self, handler, event, data):
        s = self.session_pool()  # expect medium
        data["session"] = s
        return await handler(event, data)

class Worker:
    def __init__(self, make: async_sessionmaker):
        self.make = make
    async def run(self):
        s = self.make()  # expect high
        await s.execute(select(1))
"""
CLOSED = """\
import contextlib
from typing import cast
async def entered_later_as_another_type(factory):
    s = cast(AsyncSession, Factory()) if factory else AsyncSession(factory)
    async with s:
        await s.execute(select(1))

async def on_a_connection(engine):
    async with engine.connect() as conn:
        start = await conn.begin()
        s = AsyncSession(conn)
        await s.execute(select(1))
        await start.rollback()

async def never_bound(use):
    s = AsyncSession()
    await use(AsyncSession(expire_on_commit=False))
    await s.execute(select(1))

async def entered():
    async with Factory() as s:
        await s.execute(select(1))

async def entered_later():
    s = Factory()
    async with s:
        await s.execute(select(1))

async def in_finally():
    s = Factory()
    try:
        await s.execute(select(1))
    finally:
        await s.close()

async def with_a_flag(s: AsyncSession | None = None):
    owns_session = s is None
    s = s or Factory()
    try:
        await s.execute(select(1))
    finally:
        if owns_session:
            await s.close()

async def exit_stack():
    async with contextlib.AsyncExitStack() as stack:
        s = await stack.enter_async_context(Factory())
        t = Factory()
        stack.push_async_callback(t.close)
        await s.execute(select(1))
        await t.execute(select(1))

async def aclosing():
    s = Factory()
    async with contextlib.aclosing(s):
        await s.execute(select(1))

async def caller_closes():
    s = Factory()
    await s.execute(select(1))
    return s

async def entered_by_choice(given=None):
    async with contextlib.nullcontext(given) if given else Factory() as s:
        await s.execute(select(1))

class Unit:
    async def __aenter__(self):
        self.session = Factory()
        return self
    async def __aexit__(self, *error):
        await self.session.close()
    async def load(self):
        await self.session.execute(select(1))

async def shut(s):
    await s.close()

async def closed_by_a_helper():
    s = Factory()
    try:
        await s.execute(select(1))
    finally:
        await shut(s)

class Owner:
    def __init__(self, session):
        self.session = session
    async def aclose(self):
        await self.session.close()

async def owned_by_an_object(registry):
    registry.owner = Owner(Factory())
    s = Factory()
    registry.sessions.append(s)
    await s.execute(select(1))

async def nested_closer(app):
    s = Factory()
    async def stop():
        await s.close()
    app.on_shutdown(stop)
    await s.execute(select(1))

class Cleaner:
    async def clean_up(self, s: AsyncSession): ...

async def given_to_what_may_own_it(cleaner: Cleaner):
    s = Factory()
    await s.execute(select(1))
    await cleaner.clean_up(s)

async def closed_below():
    s = Factory()
    await s.execute(select(1))
    s.sync_session.close()

async def put_away(context, handler):
    s = Factory()
    context["db"] = s
    await handler(context)

async def taken_out(context):
    await context["db"].close()

async def put_away_for_later(context):
    s = Factory()
    context["later"] = s
    await s.execute(select(1))

async def opened(registry):
    s = Factory()
    yield Owner(s)

async def never_used():
    s = Factory()
    assert s is not None
    s.add(1)

async def on_a_connection(conn: AsyncConnection):
    s = AsyncSession(bind=conn)
    await s.execute(select(1))

async def retry():
    s = Factory()
    while True:
        try:
            await s.execute(select(1))
            break
        except OSError:
            await s.close()
            s = Factory()
    await s.close()
"""
LOOKALIKES = """\
from sqlalchemy.ext.asyncio import async_object_session

async def session_of(row):
    db = async_object_session(row)
    return await db.get(type(row), 1)

import aiohttp
class AsyncThing: ...
class SessionFactory:
    def __call__(self): return AsyncThing()
make_session = SessionFactory()
async def http():
    session = aiohttp.ClientSession()
    await session.get("x")
async def thing():
    session = make_session()
    await session.execute()
def test_double(mocker):
    Session = mocker.Mock()
    s = Session()
    s.execute()
"""


@pytest.mark.parametrize("code", [UNCLOSED, CLOSED, LOOKALIKES], ids=["unclosed", "closed", "lookalikes"])
def test_only_sessions_that_nobody_closes_are_found(code: str, tmp_path: Path) -> None:
    check_source(LEAKS + code, RULE, tmp_path)


def test_a_factory_of_another_module_is_known_and_so_is_a_helper_there_that_closes(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": LEAKS + "async def shut(s):\n    await s.close()\n",
        "app/jobs.py": """\
            from app.db import Factory as Make, shut
            from sqlalchemy import select

            async def leaks():
                s = Make()  # expect high
                await s.execute(select(1))

            async def closes():
                s = Make()
                try:
                    await s.execute(select(1))
                finally:
                    await shut(s)
            """,
    }
    check_source(files, RULE, tmp_path)


def test_a_session_that_a_context_variable_keeps_is_nobodys_here(tmp_path: Path) -> None:
    code = """\
from contextvars import ContextVar
current: ContextVar[AsyncSession] = ContextVar("session")
def session() -> AsyncSession:
    return current.get()
async def count():
    return await session().execute(select(1))
"""
    check_source(LEAKS + code, RULE, tmp_path)


def test_a_session_used_in_a_block_of_its_own_whichever_it_begins_gives_its_connection_back(tmp_path: Path) -> None:
    code = """
async def ensure(key, session=None):
    if not session:
        session = Factory()  # expect low
    async with session.begin_nested() if session.in_transaction() else session.begin() as block:
        found = await session.get(int, key)
        await block.commit()
        return found
async def nested(key):
    session = Factory()  # expect
    async with session.begin_nested() if key else session.begin_nested():
        return await session.get(int, key)
"""
    check_source(LEAKS + code, RULE, tmp_path)


def test_what_is_waited_for_with_a_limit_is_the_session(tmp_path: Path) -> None:
    code = """
async def closes():
    session = None
    try:
        session = await asyncio.wait_for(Factory(), timeout=3)
        await session.execute(select(1))
    finally:
        if session:
            await session.close()
async def leaves():
    session = await asyncio.wait_for(Factory(), timeout=3)  # expect
    await session.execute(select(1))
"""
    check_source(LEAKS + "import asyncio\n" + code, RULE, tmp_path)


GIVEN = """\
from collections.abc import Callable
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
class Field:
    def __init__(self, {name}: Callable[[str], AsyncSession]):
        self.{name} = {name}
    async def resolve(self, info):
        db = self.{name}(info){mark}
        return await db.scalar(text("x"))
"""


@pytest.mark.parametrize(
    ("name", "mark"),
    [("open_session", "  # expect medium"), ("session_getter", ""), ("current_session", "")],
)
def test_what_a_getter_gives_is_of_somebody_else(name: str, mark: str, tmp_path: Path) -> None:
    check_source(GIVEN.format(name=name, mark=mark), "unclosed-session", tmp_path)
