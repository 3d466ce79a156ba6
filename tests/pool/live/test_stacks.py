"""Real workers whose loop is blocked or whose tasks are suspended: the line is read from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from forge_doctor.pool.record import dump, load
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.application.call_stacks import Waiting
from forge_doctor.probes.postgres.backends.session import Session
from tests.support.examination import judge, look, one
from tests.support.postgres import FreshDatabase, free_port
from tests.support.python_314 import python_314

API = """
import asyncio
import os
import time
from contextlib import asynccontextmanager
from fastapi import Depends, FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column



class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


engine = create_async_engine(os.environ["SHOP_DSN"], pool_size=3, max_overflow=0)
new_session = async_sessionmaker(engine)


async def tick():
    while True:
        await asyncio.sleep(60)


@asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(tick())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


async def get_session():
    async with new_session() as session:
        yield session


async def ask_the_warehouse():
    await asyncio.sleep(1000)


async def ask_the_bank():
    await asyncio.sleep(999)


@app.get("/ready")
async def ready():
    return True


@app.get("/reserve")
async def reserve(session=Depends(get_session)):
    await session.execute(select(Order).where(Order.id == 7))
    await ask_the_warehouse()


@app.get("/compare")
async def compare(session=Depends(get_session)):
    await session.execute(text("SELECT 'compare'"))
    await asyncio.gather(ask_the_warehouse(), ask_the_bank())


@app.get("/report")
async def report(session=Depends(get_session)):
    await session.execute(text("SELECT pg_sleep(1000)"))


@app.get("/late")
async def late(session=Depends(get_session)):
    await session.execute(text("SELECT 'late'"))


@app.get("/block")
async def block():
    render()


def render():
    time.sleep(1000)
"""
SYNCHRONOUS = """
import os
import time
import psycopg

connection = psycopg.connect(os.environ["SHOP_DSN"])


def charge():
    connection.execute("SELECT 'charge'")
    call_the_bank()


def call_the_bank():
    time.sleep(1000)


charge()
"""


def line_of(words: str, source: str = API) -> int:
    return next(number for number, line in enumerate(source.splitlines(), start=1) if words in line)


class Shop:
    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid

    def send(self, *paths: str) -> None:
        """Requests whose answers nobody will see."""
        for path in paths:
            threading.Thread(target=self.ask, args=(path, 60), daemon=True).start()

    def ask(self, path: str, timeout: float) -> None:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout).read()


@contextmanager
def running(folder: Path, database: FreshDatabase, python: str, variables: dict[str, str]) -> Iterator[Shop]:
    """The shop, served from its folder by a uvicorn worker."""
    (folder / "api.py").write_text(API)
    port = free_port()
    process = subprocess.Popen(
        [python, "-m", "uvicorn", "api:app", "--port", str(port), "--log-level", "warning"],
        cwd=folder,
        env={**os.environ, "SHOP_DSN": database.dsn(scheme="postgresql+asyncpg"), **variables},
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2).read()
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        yield Shop(port, process.pid)
    finally:
        process.kill()
        process.wait()


async def until_seen(database: FreshDatabase, *words: str) -> tuple[PoolSnapshot, dict[str, Session]]:
    """A look once the sessions that sent these words have waited long enough for a finding."""
    database.server.sql(f"GRANT pg_monitor TO {database.user}")
    for _ in range(300):
        if all(database.server.sql(waiting(word)) for word in words):
            break
        time.sleep(0.1)
    snapshot = await look(database.dsn())
    return snapshot, {word: each for each in snapshot.sessions for word in words if word in tags(each, database)}


async def until_waiting(database: FreshDatabase) -> PoolSnapshot:
    """A look in which a task waits for the pool."""
    for _ in range(100):
        snapshot = await look(database.dsn())
        if any(task.waits_for is Waiting.POOL for stacks in snapshot.stacks for task in stacks.tasks or ()):
            break
        time.sleep(0.1)
    return snapshot


def waiting(word: str) -> str:
    return (
        f"SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%{word}%' "
        "AND now() - state_change > interval '3.2 s'"
    )


def tags(session: Session, database: FreshDatabase) -> str:
    """The statement with its values."""
    return str(database.server.sql(f"SELECT query FROM pg_stat_activity WHERE pid = {session.pid}"))


def places(snapshot: PoolSnapshot, session: Session) -> list[tuple[str, int, str, str]]:
    report = judge(snapshot)
    lines = next(each["lines"] for each in report.data["sessions"] if each["pid"] == session.pid)
    return [
        (Path(each["file"]).name, each["line"], each["function"], each["confidence"])
        for each in lines
        if each["how"] != "statement"
    ]


@pytest.mark.slow  # the Python that matters is the worker's
async def test_suspended_tasks_of_python_314_name_the_line_that_holds_a_session(
    tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    fresh_database18.sql("CREATE TABLE orders (id integer PRIMARY KEY)")
    fresh_database18.sql(f"GRANT ALL ON orders TO {fresh_database18.user}")
    with running(tmp_path, fresh_database18, *python_314()) as shop:
        shop.send("/reserve")
        snapshot, held = await until_seen(fresh_database18, "orders")
        waits = line_of("asyncio.sleep(1000)")
        session = held["orders"]
        assert places(snapshot, session) == [("api.py", waits, "ask_the_warehouse", "high")]
        shop.send("/report", "/compare")
        await until_seen(fresh_database18, "compare", "pg_sleep")
        shop.send("/late")  # for which the pool has nothing left
        snapshot = await until_waiting(fresh_database18)
    (stacks,) = snapshot.stacks
    tasks = {task.lines[-1].function: (task.waits_for.value, task.lines[0].line) for task in stacks.tasks or ()}
    assert tasks == {
        "tick": ("other", line_of("asyncio.sleep(60)")),
        "reserve": ("other", waits),
        "compare": ("other", line_of("asyncio.gather")),
        "report": ("database", line_of("pg_sleep(1000)")),
        "late": ("pool", line_of("SELECT 'late'")),
    }
    replayed = tmp_path / "look.json"
    replayed.write_text(dump((snapshot,)))
    assert load(replayed) == (snapshot,)


async def test_the_line_that_blocks_the_loop_is_in_the_finding(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    with running(tmp_path, fresh_database18, sys.executable, {}) as shop:
        await blocked(shop, fresh_database18, "py-spy")


@pytest.mark.slow  # the Python that matters is the worker's
async def test_python_314_tells_the_line_that_blocks_its_loop_without_py_spy(
    tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    with running(tmp_path, fresh_database18, *python_314()) as shop:
        await blocked(shop, fresh_database18, "python3.14")


async def blocked(shop: Shop, database: FreshDatabase, tool: str) -> None:
    shop.ask("/late", 20)
    shop.send("/block")
    time.sleep(0.5)
    shop.send(*["/ready"] * 4)
    for _ in range(100):
        snapshot = await look(database.dsn())
        report = judge(snapshot)
        if any(found.check == "event-loop-blocked" for found in report.findings):
            break
        time.sleep(0.2)
    found = one(report, "event-loop-blocked")
    assert f"api.py:{line_of('time.sleep')} render, called at " in found.message
    assert f"api.py:{line_of('render()')} block. It is not the database." in found.message
    assert found.confidence.label == "high"
    assert [stacks.tool for stacks in snapshot.stacks] == [tool]
    assert "asyncio.to_thread()" in found.remedy


async def test_a_synchronous_process_names_the_line_it_holds_its_session_in(
    tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    (tmp_path / "charge.py").write_text(SYNCHRONOUS)
    environment = {**os.environ, "SHOP_DSN": fresh_database18.dsn()}
    process = subprocess.Popen([sys.executable, "charge.py"], cwd=tmp_path, env=environment)
    try:
        snapshot, held = await until_seen(fresh_database18, "charge")
        found = places(snapshot, held["charge"])
    finally:
        process.kill()
        process.wait()
    assert found == [("charge.py", line_of("time.sleep", SYNCHRONOUS), "call_the_bank", "medium")]


async def test_a_healthy_worker_is_not_asked(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    with running(tmp_path, fresh_database18, sys.executable, {}) as shop:
        shop.ask("/late", 20)
        snapshot = await look(fresh_database18.dsn())
    assert shop.pid in [process.pid for process in snapshot.processes or ()]
    assert snapshot.stacks == ()
