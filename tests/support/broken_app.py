"""A FastAPI service in which each endpoint makes the fault that it is named after; the log is what it is for.

Configured by environment: BROKEN_SERVER (`host:port`), BROKEN_PASSWORD (of every role), BROKEN_POSTMASTER (its pid),
BROKEN_POOLER (`host:port` of a pgbouncer with 3 clients, 1 server connection and 1 s of patience), BROKEN_TLS (of a
server that speaks TLS), BROKEN_STARTING and BROKEN_RECOVERING (of servers that will never be ready).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Any

import asyncpg
from fastapi import FastAPI
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

app = FastAPI()
Fault = Callable[[], Awaitable[Any]]
FAULTS: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Serve the fault under its signature's id."""
    name = function.__name__.replace("_", "-")
    FAULTS[name] = function
    app.get(f"/{name}")(function)
    return function


def engine(
    user: str = "shop",
    *,
    server: str = "BROKEN_SERVER",
    database: str = "shop",
    driver: str = "asyncpg",
    **options: Any,
) -> AsyncEngine:
    """An engine without a pool, unless told otherwise."""
    url = f"postgresql+{driver}://{user}:{os.environ['BROKEN_PASSWORD']}@{os.environ[server]}/{database}"
    return create_async_engine(url, **{"poolclass": NullPool, **options})


@app.get("/worker")
async def worker() -> dict[str, int]:
    """Which process answers; no database."""
    return {"pid": os.getpid()}


@fault
async def async_driver_required() -> None:
    """An engine with a driver that blocks."""
    create_async_engine("sqlite://")


@fault
async def illegal_state_change() -> None:
    """A session closed while it gets its connection."""
    async with AsyncSession(engine()) as session, asyncio.TaskGroup() as tasks:
        tasks.create_task(session.execute(text("SELECT pg_sleep(0.3)")))
        await asyncio.sleep(0)
        await session.close()


@fault
async def invalidated_tx() -> None:
    """Going on in a transaction whose connection was ended."""
    async with engine().connect() as connection:
        pid = await backend(connection)
        async with engine("postgres").connect() as other:
            await other.execute(text(f"SELECT pg_terminate_backend({pid}, 2000)"))
        with suppress(DBAPIError):
            await connection.execute(text("SELECT 1"))
        await connection.execute(text("SELECT 2"))


@fault
async def loop_closed() -> None:
    """A connection that outlives the event loop it was made in."""
    url = engine().url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncio.to_thread(lambda: asyncio.run(connected(url)))
    connection.terminate()


async def connected(url: str) -> Any:
    """A plain connection."""
    return await asyncpg.connect(url)


@fault
async def password_failed() -> None:
    """A password that is not the role's."""
    wrong = engine().url.set(password="not-it")
    await create_async_engine(wrong, poolclass=NullPool).connect()


@fault
async def too_many_role() -> None:
    """A role that may have no connection."""
    await engine("limited").connect()


@fault
async def too_many_database() -> None:
    """A database that takes no connection."""
    await engine(database="narrow").connect()


@fault
async def slots_reserved() -> None:
    """More connections than a plain role may have."""
    await take_all("shop")


@fault
async def too_many_clients() -> None:
    """More connections than the server has at all."""
    await take_all("postgres")


async def take_all(user: str) -> None:
    """Connections until the server refuses one."""
    async with AsyncExitStack() as held:
        for _ in range(100):
            await held.enter_async_context(engine(user).connect())


@fault
async def undefined_table() -> None:
    """A query of a table that no migration made."""
    async with engine().connect() as connection:
        await connection.execute(text("SELECT * FROM baskets"))


@fault
async def prepared_exists() -> None:
    """Two statements of one name, as two clients of a pooler send them over one server connection."""
    async with engine(connect_args={"prepared_statement_name_func": lambda: "fixed"}).connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.execute(text("SELECT 2"))


@fault
async def pgbouncer_query_wait() -> None:
    """A query that waits for the pooler's only server connection."""
    options: dict[str, Any] = {"connect_args": {"statement_cache_size": 0}}
    async with engine("postgres", server="BROKEN_POOLER", **options).connect() as holder:
        await holder.execute(text("SELECT 1"))
        async with engine("postgres", server="BROKEN_POOLER", **options).connect() as waiting:
            await waiting.execute(text("SELECT 2"))


@fault
async def pgbouncer_max_client() -> None:
    """More clients than the pooler takes."""
    where, password = f"postgres@{os.environ['BROKEN_POOLER']}", os.environ["BROKEN_PASSWORD"]
    async with AsyncExitStack() as held:
        for _ in range(20):
            client = await asyncpg.connect(f"postgresql://{where}/shop", password=password, statement_cache_size=0)
            held.push_async_callback(client.close)


@fault
async def starting_up() -> None:
    """Connecting to a server that looks for its first checkpoint."""
    await engine("postgres", server="BROKEN_STARTING").connect()


@fault
async def not_yet_accepting() -> None:
    """Connecting to a server that has not replayed enough to be consistent."""
    await engine("postgres", server="BROKEN_RECOVERING").connect()


@fault
async def libpq_ssl_eof() -> None:
    """A statement over TLS whose server process is killed before it answers."""
    options: dict[str, Any] = {"connect_args": {"sslmode": "require"}}
    tls = engine("postgres", server="BROKEN_TLS", database="postgres", driver="psycopg", **options)
    async with tls.connect() as connection:
        pid = await backend(connection)
        asyncio.get_running_loop().call_later(0.2, os.kill, pid, signal.SIGKILL)
        await connection.execute(text("SELECT pg_sleep(20)"))


@fault
async def in_recovery() -> None:
    """Connecting while the server recovers from a backend that was killed."""
    victim, slow = await engine("postgres").connect(), await engine("postgres").connect()
    killed, stopped = await backend(victim), await backend(slow)
    # Recovery waits for every backend to go: one that is stopped keeps it waiting.
    os.kill(stopped, signal.SIGSTOP)
    os.kill(killed, signal.SIGKILL)
    try:
        await turned_away("in recovery mode")
    finally:
        os.kill(stopped, signal.SIGCONT)


@fault
async def crash_other_process() -> None:
    """Two connections that the server resets because a third one's process was killed.

    The server says why in a notice: asyncpg hands it to listeners, SQLAlchemy logs psycopg's at INFO.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("sqlalchemy.dialects.postgresql").setLevel(logging.INFO)
    victim = await first_connection()
    async with engine(driver="psycopg").connect() as told, engine().connect() as reset:
        listened = (await reset.get_raw_connection()).driver_connection
        assert listened is not None
        listened.add_log_listener(lambda _, notice: logging.warning("PostgreSQL says: %s", notice))
        asyncio.get_running_loop().call_later(0.2, os.kill, await backend(victim), signal.SIGKILL)
        with suppress(DBAPIError):
            await told.execute(text("SELECT pg_sleep(20)"))
        while not listened.is_closed():  # else it may end in the middle of the statement, which is another fault
            await asyncio.sleep(0.01)
        await reset.execute(text("SELECT 1"))


@fault
async def shutting_down() -> None:
    """Connecting while the server waits for its last client to go."""
    async with aclosing(await first_connection()) as last:
        await last.execute(text("SELECT 1"))
        os.kill(int(os.environ["BROKEN_POSTMASTER"]), signal.SIGTERM)
        await turned_away("shutting down")


async def backend(connection: AsyncConnection) -> int:
    """The pid of the server's process that serves it."""
    pid: int = await connection.scalar(text("SELECT pg_backend_pid()"))
    return pid


async def turned_away(words: str) -> None:
    """Reconnect until the server refuses with these words."""
    while True:
        try:
            await (await engine().connect()).close()
        except (DBAPIError, asyncpg.PostgresError, OSError) as error:
            if words in str(error):
                raise


async def first_connection() -> AsyncConnection:
    """A connection as soon as the server gives one again."""
    while True:
        with suppress(DBAPIError, asyncpg.PostgresError, OSError):
            return await engine().connect()
        await asyncio.sleep(0.02)
