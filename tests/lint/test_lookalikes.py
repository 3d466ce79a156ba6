"""Whatever only looks like an async session, or is one used as it should be, is silent under every rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Confidence
from forge_doctor.lint.judge import all_rules, lint_file
from tests.support.lint_cases import check_source
from tests.support.lint_heads import AWAITS

HEAD = AWAITS.replace("Factory = async_sessionmaker()", "Factory = async_sessionmaker(expire_on_commit=False)")
SILENT = {
    "the session of a web request": """\
async def f(request):
    user = request.session.get("user")
    request.session.clear()
    return user
""",
    "a dictionary by session": """\
async def f(counts_by_session, sessions_by_db, db: AsyncSession):
    seen = counts_by_session.get(1)
    sessions_by_db.get(db)
    return seen
""",
    "a double of a test": """\
class FakeSession:
    def commit(self): ...
    async def flush(self): ...
async def test_f():
    session = FakeSession()
    session.commit()
    await session.flush()
""",
    "an object whose flush is async and whose get is not": """\
class Buffer:
    async def flush(self): ...
    def get(self, key): ...
async def f(buffer: Buffer):
    await buffer.flush()
    return buffer.get(1)
""",
    "a parameter by the name of the factory": """\
async def f(async_sessionmaker, session_factory):
    async_sessionmaker.configure(bind=1)
    session_factory.get("x")
    return async_sessionmaker
""",
    "a project's own create_task": """\
class Board:
    def create_task(self, session, title): ...
def create_task(session, title): ...
async def f(db: AsyncSession, board: Board):
    create_task(db, "a")
    board.create_task(db, "a")
    board.create_task(db, "b")
""",
    "rows that are awaited before the loop": """\
async def f(db: AsyncSession):
    for row in await db.scalars(select(1)):
        print(row)
    return [row for row in (await db.execute(select(1))).all()]
""",
    "declarations without code": """\
from abc import ABC, abstractmethod
from typing import Protocol, overload
class Store(Protocol):
    async def save(self, db: AsyncSession) -> None: ...
class Base(ABC):
    @abstractmethod
    async def save(self, db: AsyncSession) -> None: ...
    def later(self, db: AsyncSession):
        return self.save(db)
@overload
async def load(db: AsyncSession, key: int) -> int: ...
@overload
async def load(db: AsyncSession, key: str) -> str: ...
async def load(db, key):
    return await db.get(int, key)
async def f(store: Store, base: Base, db: AsyncSession):
    await store.save(db)
    await base.later(db)
    return await load(db, 1)
""",
    "a fixture that yields": """\
import pytest
@pytest.fixture
async def db():
    async with Factory() as session:
        yield session
        await session.rollback()
async def test_f(db):
    await db.execute(select(1))
""",
    "a sync session in a test": """\
import pytest
from sqlalchemy.orm import sessionmaker
Make = sessionmaker()
async def test_f():
    with Make() as session:
        session.execute(select(1))
        session.rollback()
""",
    "a client with the methods of a session": """\
import httpx, redis.asyncio
async def f(client: httpx.AsyncClient, cache: redis.asyncio.Redis):
    session = httpx.AsyncClient()
    await session.get("x")
    pipe = cache.pipeline()
    pipe.get("a")
    await pipe.execute()
    await session.aclose()
""",
    "a factory handed to tasks": """\
import asyncio
async def work(make, n):
    async with make() as session:
        await session.execute(select(n))
async def f(tasks):
    tasks.add_task(work, Factory, 1)
    await asyncio.gather(work(Factory, 1), work(Factory, 2))
""",
    "a GraphQL field named query, a gauge named session": """\
import strawberry
from prometheus_client import Gauge
session = Gauge("session", "open sessions")
@strawberry.type
class Root:
    @strawberry.field
    async def query(self) -> int:
        session.set(1)
        return 1
""",
}


@pytest.mark.parametrize("trap", SILENT)
def test_a_lookalike_is_silent_under_every_rule(trap: str, tmp_path: Path) -> None:
    name = "tests/test_shop.py" if "test" in trap or "fixture" in trap else "shop.py"
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD + SILENT[trap], encoding="utf-8")
    result = lint_file(path, name, Project(tmp_path), all_rules())
    assert not result.not_run
    assert [(one.check, one.location.line) for one in result.findings if one.confidence > Confidence.LOW] == []


SHARED = """\
import anyio
async def load(db: AsyncSession, n: int):
    return await db.scalar(select(n))
async def f(db: AsyncSession):
    async with anyio.create_task_group() as group:
        for n in (1, 2):
            group.start_soon(load, db, n)  # expect high
"""


def test_a_session_shared_by_the_tasks_of_an_anyio_group_is_found(tmp_path: Path) -> None:
    check_source(AWAITS + SHARED, "shared-session-in-tasks", tmp_path)
