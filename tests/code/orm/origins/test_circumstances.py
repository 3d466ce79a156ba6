"""Who runs the line that sends a statement, and whether its session is ended by code that is sure to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.orm.origins.circumstances import Circumstances, RunsAs
from forge_doctor.code.orm.origins.search import Statements
from forge_doctor.code.semantics.project import Project

HEAD = """
import asyncio
from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    paid: Mapped[bool]

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(engine)
app = FastAPI()
"""
GIVES = """
async def get_db():
    async with Session() as session:
        yield session
"""
QUERY = "await session.scalar(select(Order.id).where(Order.paid))"
STATEMENT = "SELECT orders.id FROM orders WHERE orders.paid"


def around(folder: Path, *parts: str) -> Circumstances:
    (folder / "app.py").write_text("".join((HEAD, *parts)).replace("QUERY", QUERY))
    statements = Statements(Project(folder))
    (origin,) = statements.origins(STATEMENT)
    return statements.circumstances(origin)


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("async def run():\n    async with Session() as session:\n        QUERY\n", True),
        ("async def run(session):\n    async with session.begin():\n        QUERY\n", True),
        (
            "async def run():\n    session = Session()\n    try:\n        QUERY\n    finally:\n        await session.close()\n",
            True,
        ),
        ("async def run():\n    session = Session()\n    QUERY\n", False),
        ("async def run():\n    session = await anext(get_db())\n    QUERY\n", False),
        # An error on the way leaves it open; or somebody else ends it.
        ("async def run():\n    session = Session()\n    QUERY\n    await session.close()\n", None),
        ("async def run():\n    session = Session()\n    QUERY\n    keep(session)\n", None),
        ("async def run(session):\n    QUERY\n", None),
        # A generator that nobody reads to its end stands in its block for ever.
        ("async def rows():\n    async with Session() as session:\n        QUERY\n        yield 1\n", None),
    ],
)
def test_the_function_that_sends_it(tmp_path: Path, source: str, ended: bool | None) -> None:
    assert around(tmp_path, source).ended is ended


BLOCK = "async def outer():\n    async with Session() as session:\n        await find(session, 1)\n"
LEAK = "async def other():\n    mine = Session()\n    await find(n=2, session=mine)\n"


@pytest.mark.parametrize(("callers", "ended"), [((BLOCK,), True), ((LEAK,), None), ((BLOCK, LEAK), None)])
def test_a_session_that_is_given_is_its_callers(tmp_path: Path, callers: tuple[str, ...], ended: bool | None) -> None:
    assert around(tmp_path, "async def find(session, n):\n    return QUERY\n", *callers).ended is ended


ENDPOINT = """
@app.get("/orders")
async def orders(session: AsyncSession = Depends(get_db)):
    return QUERY
"""
USER = """
async def current(session: AsyncSession = Depends(get_db)):
    return QUERY

@app.get("/chat")
async def chat(user=Depends(current)):
    await asyncio.sleep(30)
"""


def test_a_dependency_and_what_it_alone_calls_run_before_an_endpoint(tmp_path: Path) -> None:
    assert around(tmp_path, GIVES, USER) == (RunsAs.DEPENDENCY, "Depends(current)", True)
    called = USER.replace("return QUERY", "return await find(session)") + "async def find(session):\n    return QUERY\n"
    assert around(tmp_path, GIVES, called) == (RunsAs.DEPENDENCY, "Depends(current)", True)
    shared = called + "async def job():\n    await find(None)\n"
    assert around(tmp_path, GIVES, shared).runs_as is RunsAs.UNKNOWN


def test_an_endpoints_session_is_ended_where_its_dependency_does(tmp_path: Path) -> None:
    assert around(tmp_path, GIVES, ENDPOINT) == (RunsAs.UNKNOWN, "", True)
    careless = "async def get_db():\n    session = Session()\n    yield session\n"
    assert around(tmp_path, careless, ENDPOINT).ended is None


def test_a_test_says_nothing_of_who_ends_it_in_service(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_app.py").write_text(
        "from app import Session, run\n\nasync def test_run():\n    await run(Session())\n"
    )
    (tmp_path / "tests/doubles.py").write_text("def get_db():\n    yield object()\n\napp.get('/')(Depends(get_db))\n")
    caller = "async def serve():\n    async with Session() as session:\n        await run(session)\n"
    assert around(tmp_path, "async def run(session):\n    QUERY\n", caller).ended is True


@pytest.mark.parametrize(
    ("starts", "by"),
    [
        ("async def go(tasks: BackgroundTasks):\n    tasks.add_task(poll, 1)\n", "BackgroundTasks.add_task in app.py:"),
        ("async def go():\n    asyncio.create_task(poll(1))\n", "create_task in app.py:"),
    ],
)
def test_what_is_started_apart_from_requests(tmp_path: Path, starts: str, by: str) -> None:
    found = around(tmp_path, "async def poll(n):\n    async with Session() as session:\n        QUERY\n", starts)
    assert (found.runs_as, found.ended) == (RunsAs.BACKGROUND, True)
    assert found.starter.startswith(by)


def test_a_statement_in_a_variable_is_sent_by_the_session_it_is_given_to(tmp_path: Path) -> None:
    body = "    query = select(Order.id).where(Order.paid)\n    return await session.scalar(query)\n"
    assert around(tmp_path, "async def run():\n    session = Session()\n", body).ended is False
