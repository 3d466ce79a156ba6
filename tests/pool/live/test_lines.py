"""Real workers of a small shop: from a session to the line of code, with and without the line in the application."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from tests.support.examination import judge, look
from tests.support.postgres import FreshDatabase, free_port

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    paid: Mapped[bool]
"""
API = """
import os
import time
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from models import Base, Order

engine = create_async_engine(os.environ["SHOP_DSN"], pool_size=10)
if os.environ.get("SHOP_INSTALLS"):
    from forge_doctor.holders import install
    install(engine)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
kept = []


@app.get("/tables")
async def tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


@app.get("/unpaid")
async def unpaid(email: str):
    session = new_session()
    kept.append(session)
    await session.scalars(select(Order).where(Order.email == email, Order.paid.is_(False)).order_by(Order.id))


@app.get("/count")
async def count():
    session = new_session()
    kept.append(session)
    await session.scalar(select(func.count(Order.id)).where(Order.paid.is_(True)))
    await session.commit()
    await session.connection()


@app.get("/one")
async def one(id: int):
    session = new_session()
    kept.append(session)
    await session.get(Order, id)


@app.get("/other")
async def other(id: int):
    async with new_session() as session:
        return await session.get(Order, id)


@app.get("/block")
async def block(seconds: float):
    time.sleep(seconds)
"""


def line_of(words: str) -> int:
    return next(number for number, line in enumerate(API.splitlines(), start=1) if words in line)


class Shop:
    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, timeout: float = 20) -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout).read()


@contextmanager
def running(folder: Path, database: FreshDatabase, **environment: str) -> Iterator[Shop]:
    """The shop, served from its folder by a uvicorn worker."""
    (folder / "models.py").write_text(MODELS)
    (folder / "api.py").write_text(API)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "api:app", "--port", str(port), "--log-level", "warning"],
        cwd=folder,
        env={**os.environ, "SHOP_DSN": database.dsn(scheme="postgresql+asyncpg"), **environment},
    )
    shop = Shop(port)
    try:
        for _ in range(600):
            try:
                shop.get("/tables", timeout=2)
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        yield shop
    finally:
        process.kill()
        process.wait()


async def seen(database: FreshDatabase) -> tuple[PoolSnapshot, dict[str, Session]]:
    """A look, and the idle sessions of the shop by the word their statement has."""
    database.server.sql(f"GRANT pg_monitor TO {database.user}")
    for _ in range(100):
        snapshot = await look(database.dsn())
        sessions = [one for one in snapshot.sessions if one.idle_in_transaction]
        if sessions and all((one.state_age_s or 0) > 1.1 for one in sessions):
            break
        time.sleep(0.1)
    words = ("ORDER BY", "WHERE orders.id", "count")
    return snapshot, {word: one for word in words for one in sessions if word in one.statement}


async def test_statements_lead_to_lines_with_nothing_changed(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    with running(tmp_path, fresh_database18) as shop:
        shop.get("/unpaid?email=a")
        shop.get("/one?id=1")
        snapshot, sessions = await seen(fresh_database18)
        lines = {one.pid: [] for one in sessions.values()}
        for one in snapshot.statement_lines:
            lines[one.pid].append((one.file, one.line, one.function, one.confidence.label))
    assert lines[sessions["ORDER BY"].pid] == [("api.py", line_of("order_by"), "unpaid", "medium")]
    assert lines[sessions["WHERE orders.id"].pid] == [
        ("api.py", line_of("await session.get(Order, id)"), "one", "low"),
        ("api.py", line_of("return await session.get"), "other", "low"),
    ], "two lines send this text: both are named"
    made_at = f"engine api.py:{line_of('create_async_engine(os')}"
    size, overflow = snapshot.application.pool_size, snapshot.application.max_overflow
    assert (size.value, size.said) == (10, made_at), "no --app is needed"
    assert (overflow.value, overflow.said) == (10, f"SQLAlchemy's default, not given at the {made_at}")
    assert not snapshot.application.sizes_assumed
    report = judge(snapshot, {"idle-in-transaction": {"idle_s": 0.5}})
    told = [(one.label, one.value) for found in report.findings for one in found.evidence]
    assert ("may be sent at", f"api.py:{line_of('order_by')} unpaid") in told


async def test_what_the_worker_wrote_down_is_confirmed_while_its_loop_is_blocked(
    tmp_path: Path, fresh_database18: FreshDatabase
) -> None:
    with running(tmp_path, fresh_database18, SHOP_INSTALLS="1") as shop:
        for path in ("/unpaid?email=a", "/one?id=1", "/count"):
            shop.get(path)
        with pytest.raises(OSError, match="timed out"):
            shop.get("/block?seconds=30", timeout=0.3)
        snapshot, sessions = await seen(fresh_database18)
        report = judge(snapshot, {"idle-in-transaction": {"idle_s": 0.5}})
    by_pid = {one["pid"]: one for one in report.data["sessions"]}
    taken = {
        word: [(Path(line["file"]).name, line["line"], line["function"]) for line in by_pid[session.pid]["lines"][:1]]
        for word, session in sessions.items()
    }
    assert taken["ORDER BY"] == [("api.py", line_of("order_by"), "unpaid")]
    assert taken["WHERE orders.id"] == [("api.py", line_of("await session.get(Order, id)"), "one")]
    (table,) = [one for one in report.tables if one.title == "Lines that hold connections"]
    held = {str(row[0]).rpartition("api.py:")[2]: row[1] for row in table.rows}
    assert held == {
        f"{line_of('order_by')} unpaid": 1,
        f"{line_of('await session.get(Order, id)')} one": 1,
        f"{line_of('await session.connection()')} count": 1,
    }, "also the one that sent COMMIT last"
    told = [one for found in report.findings for one in found.evidence if one.label == "taken at"]
    assert told
    assert all("confirmed" in one.source for one in told)
