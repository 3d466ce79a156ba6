"""Generates small services with one fault each, runs them for real under load, and asks `forge-doctor triage`.

The service is always the same: `db`, `models`, `repository`, `clients`, `services` and `api` in the package `shop`. A
fault is a module of it written differently; the line to be named ends with `# cause`, lines that only suffer with
`# victim`. The outside world is a port that answers nobody.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.support.app_server import SCRIPTS, asyncpg_url, stop_group, wait_for
from tests.support.postgres import FreshDatabase, client_programs, free_port

ROOT = Path(__file__).resolve().parents[2]
READY_S = 90.0
TRIES = 4
# What a server says once the port is its own.
BOUND = ("Uvicorn running on", "Listening at")

MODULES: Mapping[str, str] = {
    "__init__.py": "",
    "db.py": """
        import os
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=2, pool_timeout=3)
        Session = async_sessionmaker(engine, expire_on_commit=False)


        async def get_db():
            async with Session() as session:
                yield session
    """,
    "models.py": """
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


        class Base(DeclarativeBase):
            pass


        class Customer(Base):
            __tablename__ = "customers"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            orders: Mapped[list["Order"]] = relationship(back_populates="customer")


        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
            total: Mapped[int]
            paid: Mapped[bool] = mapped_column(default=False)
            customer: Mapped[Customer] = relationship(back_populates="orders")
    """,
    "repository.py": """
        from sqlalchemy import select
        from sqlalchemy.ext.asyncio import AsyncSession
        from shop.models import Customer, Order


        async def get_order(session: AsyncSession, order_id):
            return (await session.execute(select(Order).where(Order.id == order_id))).scalar_one()


        async def lock_order(session: AsyncSession, order_id):
            return (await session.execute(select(Order).where(Order.id == order_id).with_for_update())).scalar_one()


        async def list_orders(session: AsyncSession):
            return (await session.execute(select(Order).order_by(Order.id).limit(20))).scalars().all()


        async def get_customer(session: AsyncSession, customer_id):
            return (await session.execute(select(Customer).where(Customer.id == customer_id))).scalar_one()
    """,
    "clients.py": """
        import os
        import httpx

        OUTSIDE = os.environ["OUTSIDE"]


        async def charge(order_id):
            async with httpx.AsyncClient(timeout=600) as client:
                return (await client.post(f"{OUTSIDE}/charges/{order_id}")).is_success
    """,
    "services.py": """
        from sqlalchemy.ext.asyncio import AsyncSession
        from shop import clients, repository
        from shop.db import Session


        async def pay(order_id):
            async with Session() as session:
                order = await repository.get_order(session, order_id)
            paid = await clients.charge(order.id)
            async with Session.begin() as session:
                order = await repository.lock_order(session, order_id)
                order.paid = paid
            return {"paid": paid}
    """,
    "api.py": """
        from fastapi import Depends, FastAPI
        from sqlalchemy.ext.asyncio import AsyncSession
        from shop import repository, services
        from shop.db import get_db

        app = FastAPI()


        @app.get("/healthz")
        async def healthz():
            return {}


        @app.get("/orders")
        async def orders(session: AsyncSession = Depends(get_db)):
            return [{"id": one.id} for one in await repository.list_orders(session)]  # victim


        @app.get("/orders/{order_id}")
        async def order(order_id: int, session: AsyncSession = Depends(get_db)):
            found = await repository.get_order(session, order_id)
            return {"id": found.id, "total": found.total}


        @app.post("/orders/{order_id}/payment")
        async def pay(order_id: int):
            return await services.pay(order_id)
    """,
}
TABLES = """
    CREATE TABLE customers (id int PRIMARY KEY, name text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total int, paid bool NOT NULL DEFAULT false);
    INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 40) g;
    INSERT INTO orders SELECT g, g % 40 + 1, g FROM generate_series(1, 400) g;
"""


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A fault, what it takes to see it, and what a triage has to say.

    `changed` are modules written differently or added. `send` are requests left open (`POST /orders/1/payment`), `ask`
    those whose answer is waited for, whatever it is. `ready` is SQL that is true once the incident is there, `after` SQL
    that somebody else then runs and waits with; `later` requests are left open after that, and `then` is true at the
    end. `pause_s`: what has to last for so long and shows nowhere when it does. `keep` is asked for again and again until
    the end.
    """

    name: str
    cause: str
    changed: Mapping[str, str] = field(default_factory=dict)
    send: tuple[str, ...] = ()
    ready: str = "true"
    ask: tuple[str, ...] = ()
    after: str = ""
    later: tuple[str, ...] = ()
    then: str = "true"
    server: str = "uvicorn"
    workers: int = 1
    logged: str = ""
    pause_s: float = 0.0
    keep: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def modules(self) -> dict[str, str]:
        """The files of the package by name."""
        return {name: dedent(text).lstrip("\n") for name, text in {**MODULES, **self.changed}.items()}

    def lines(self, mark: str) -> list[str]:
        """`shop/api.py:12` of every line with that mark."""
        return [
            f"shop/{name}:{number}"
            for name, text in self.modules().items()
            for number, line in enumerate(text.splitlines(), 1)
            if line.rstrip().endswith(f"# {mark}")
        ]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service in the middle of its incident."""

    pid: int
    port: int
    folder: Path
    log: Path
    database: FreshDatabase

    def triage(self, *more: str) -> dict[str, Any]:
        """The JSON of `forge-doctor triage` on this service."""
        command = [sys.executable, "-m", "forge_doctor", "triage", "--pid", str(self.pid), "-f", "json", *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.folder.parent)
        assert done.returncode in (0, 1, 3), done.stderr[-3000:]
        document: dict[str, Any] = json.loads(done.stdout)
        return document


@contextlib.contextmanager
def running(
    incident: Incident, database: FreshDatabase, folder: Path, python: str = sys.executable, **variables: str
) -> Iterator[Service]:
    """The service in its incident, until the block ends; `python` with these variables runs it."""
    place = folder / incident.name
    write(incident, place)
    database.sql(f"SET ROLE {database.user};{TABLES}")
    if incident.keep:
        database.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    with contextlib.ExitStack() as stack:
        outside = stack.enter_context(silent_port())
        service = stack.enter_context(_served(incident, database, place, outside, python, variables))
        stack.enter_context(under_load(incident, service))
        yield service


def write(incident: Incident, place: Path) -> None:
    """The package `shop` below a folder."""
    package = place / "shop"
    package.mkdir(parents=True)
    for name, text in incident.modules().items():
        package.joinpath(name).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and answers none."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        yield listening.getsockname()[1]


@contextlib.contextmanager
def under_load(incident: Incident, service: Service) -> Iterator[None]:
    """With the requests of the incident on their way, and its state reached."""
    with contextlib.ExitStack() as stack:
        for request in incident.send:
            stack.enter_context(open_request(service.port, request))
        if incident.keep:
            stack.enter_context(kept_asking(service.port, incident.keep))
        reached(service.database, incident.ready, incident.name, service.log)
        for request in incident.ask:
            answered(service.port, request)
        if incident.after:
            stack.enter_context(_waiting(service.database, incident.after))
            reached(
                service.database,
                f"(SELECT count(*) > 0 FROM s WHERE query = '{incident.after}')",
                "its statement",
                service.log,
            )
        for request in incident.later:
            stack.enter_context(open_request(service.port, request))
        time.sleep(incident.pause_s)
        if incident.logged:
            seen = wait_for(
                lambda: True if incident.logged in service.log.read_text(errors="replace") else None, READY_S
            )
            assert seen, service.log.read_text(errors="replace")[-3000:]
        reached(service.database, incident.then, f"{incident.name}, second state", service.log)
        yield


@contextlib.contextmanager
def kept_asking(port: int, request: str) -> Iterator[None]:
    """Somebody who asks again and again."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.03):
            answered(port, request)

    customer = threading.Thread(target=ask)
    customer.start()
    try:
        yield
    finally:
        over.set()
        customer.join()


@contextlib.contextmanager
def open_request(port: int, request: str) -> Iterator[None]:
    """A request that is sent and whose answer nobody waits for."""
    method, path = request.split()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path)
    try:
        yield
    finally:
        connection.close()


def answered(port: int, request: str) -> int | None:
    """The status of a request; None where it was not answered."""
    method, path = request.split()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def reached(database: FreshDatabase, condition: str, what: str, log: Path) -> None:
    """Wait until the server says so."""
    if condition == "true":
        return
    mine = f"WITH s AS (SELECT * FROM pg_stat_activity WHERE datname = '{database.name}' AND backend_type = 'client backend')"
    deadline = time.monotonic() + READY_S
    seen = False
    while not seen and time.monotonic() < deadline:
        time.sleep(0.4)  # each look is a process, and a dozen services may be waited for
        seen = database.sql(f"{mine} SELECT {condition}") == "t"
    assert seen, f"{what} was not reached:\n{log.read_text(errors='replace')[-3000:]}"


@contextlib.contextmanager
def _waiting(database: FreshDatabase, statement: str) -> Iterator[None]:
    command = [str(client_programs(database.server.bin_dir) / "psql"), "-XAtq", database.dsn(), "-c", statement]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def command(server: str, port: int, workers: int, python: str = sys.executable) -> list[str]:
    """What a user types to serve it."""
    if server.startswith("gunicorn"):
        preload = ["--preload"] if server.endswith("preload") else []
        bind = [*preload, "-b", f"127.0.0.1:{port}", "-w", str(workers), "--graceful-timeout", "1"]
        return [f"{SCRIPTS}/gunicorn", "shop.api:app", "-k", "uvicorn.workers.UvicornWorker", *bind]
    several = ["--workers", str(workers)] if workers > 1 else []
    return [python, "-m", "uvicorn", "shop.api:app", "--port", str(port), "--timeout-graceful-shutdown", "1", *several]


@contextlib.contextmanager
def _served(
    incident: Incident, database: FreshDatabase, place: Path, outside: int, python: str, variables: Mapping[str, str]
) -> Iterator[Service]:
    log = place / "shop.log"
    own = {
        "DATABASE_URL": asyncpg_url(database.dsn()),
        "OUTSIDE": f"http://127.0.0.1:{outside}",
        "PYTHONUNBUFFERED": "1",
    }
    own |= {"HOME": str(place), "PYTHONPATH": str(ROOT), **variables}
    inherited = {key: value for key, value in os.environ.items() if key != "WEB_CONCURRENCY"}
    process, port = _bound(incident, place, {**inherited, **own}, log, python)
    try:
        up = wait_for(lambda: answered(port, "GET /healthz"), READY_S, lambda: process.poll() is not None)
        assert up == 200, log.read_text(errors="replace")[-3000:]
        yield Service(pid=process.pid, port=port, folder=place, log=log, database=database)
    finally:
        stop_group(process)


def _bound(
    incident: Incident, place: Path, variables: Mapping[str, str], log: Path, python: str
) -> tuple[subprocess.Popen[bytes], int]:
    """The service once it has its port: one that was free may be somebody else's a moment later."""

    def is_bound() -> bool | None:
        return True if any(word in log.read_text(errors="replace") for word in BOUND) else None

    for _ in range(TRIES):
        port = free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(incident.server, port, incident.workers, python),
                cwd=place,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait_for(is_bound, READY_S, partial(_has_ended, process)):
            return process, port
        stop_group(process)
        if "in use" not in log.read_text(errors="replace"):
            break
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


def told(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The diagnoses of the document's first report."""
    reports = document.get("reports") or [document]
    found: list[dict[str, Any]] = reports[0].get("diagnoses", [])
    return found
