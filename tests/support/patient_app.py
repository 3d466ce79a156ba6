"""A small real FastAPI service that can be made sick on purpose, one endpoint per illness; never part of the package.

Configured by environment: PATIENT_DSN, PATIENT_POOL_SIZE, PATIENT_MAX_OVERFLOW, PATIENT_POOL_TIMEOUT,
PATIENT_POOL_CLASS (a name in `sqlalchemy.pool`), PATIENT_APPLICATION_NAME and PATIENT_PID_DIR, where every
process that runs the application leaves a file named after its pid.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy.pool
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine


def _new_engine() -> AsyncEngine:
    pool_class = os.environ.get("PATIENT_POOL_CLASS", "AsyncAdaptedQueuePool")
    options: dict[str, Any] = {"poolclass": getattr(sqlalchemy.pool, pool_class)}
    if os.environ.get("PATIENT_BEHIND_POOLER"):
        names = {"prepared_statement_name_func": lambda: f"__asyncpg_{uuid.uuid4()}__"}
        options["connect_args"] = {"statement_cache_size": 0, "prepared_statement_cache_size": 0, **names}
        return create_async_engine(os.environ["PATIENT_DSN"], **options)
    if pool_class == "AsyncAdaptedQueuePool":
        options["pool_size"] = int(os.environ.get("PATIENT_POOL_SIZE", "5"))
        options["max_overflow"] = int(os.environ.get("PATIENT_MAX_OVERFLOW", "10"))
        options["pool_timeout"] = float(os.environ.get("PATIENT_POOL_TIMEOUT", "30"))
    settings = {"application_name": os.environ.get("PATIENT_APPLICATION_NAME", "patient")}
    return create_async_engine(os.environ["PATIENT_DSN"], connect_args={"server_settings": settings}, **options)


engine = _new_engine()
new_session = async_sessionmaker(engine, expire_on_commit=False)
forgotten: list[AsyncSession | AsyncConnection] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Say which process runs the application."""
    if folder := os.environ.get("PATIENT_PID_DIR"):
        Path(folder, str(os.getpid())).touch()
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


def tagged(sql: str, route: str) -> Any:
    """The statement with the comment sqlcommenter would add."""
    return text(f"{sql} /*controller='{route.strip('/')}',route='{route}'*/")


@app.get("/worker")
async def worker() -> dict[str, int]:
    """Which process answers; no database."""
    return {"pid": os.getpid()}


@app.get("/pool")
async def pool() -> dict[str, Any]:
    """What SQLAlchemy itself says of the pool of this worker."""
    return {"pid": os.getpid(), "status": engine.pool.status(), "forgotten": len(forgotten)}


@app.get("/healthy")
async def healthy() -> dict[str, int]:
    """A short query in a session that is closed."""
    async with new_session() as session:
        await session.execute(tagged("SELECT 1", "/healthy"))
    return {"pid": os.getpid()}


@app.get("/idle-in-transaction")
async def idle_in_transaction(hold: float = 60) -> dict[str, int]:
    """Open a transaction, then wait for something that is not the database."""
    async with new_session() as session:
        await session.execute(tagged("SELECT 2", "/idle-in-transaction"))
        await asyncio.sleep(hold)
    return {"pid": os.getpid()}


@app.get("/aborted")
async def aborted(hold: float = 60) -> dict[str, int]:
    """Keep a transaction open whose statement failed."""
    async with new_session() as session:
        try:
            await session.execute(tagged("SELECT 1 / 0", "/aborted"))
        except DBAPIError:
            await asyncio.sleep(hold)
    return {"pid": os.getpid()}


@app.get("/leak")
async def leak() -> dict[str, int]:
    """Never close the session: it stays idle in transaction."""
    session = new_session()
    await session.execute(tagged("SELECT 3", "/leak"))
    forgotten.append(session)
    return {"pid": os.getpid(), "forgotten": len(forgotten)}


@app.get("/leak-checked-out")
async def leak_checked_out() -> dict[str, int]:
    """Never return the connection: the server sees it idle, outside any transaction."""
    connection = await engine.connect()
    await connection.execution_options(isolation_level="AUTOCOMMIT")
    await connection.execute(tagged("SELECT 4", "/leak-checked-out"))
    forgotten.append(connection)
    return {"pid": os.getpid(), "forgotten": len(forgotten)}


@app.get("/slow")
async def slow(seconds: float = 1) -> dict[str, int]:
    """A statement that runs long."""
    async with new_session() as session:
        await session.execute(tagged("SELECT pg_sleep(:seconds)", "/slow"), {"seconds": seconds})
    return {"pid": os.getpid()}


@app.get("/lock")
async def lock(key: int = 1, hold: float = 60) -> dict[str, int]:
    """Take an advisory lock for the transaction, then hold it while nothing runs."""
    async with new_session() as session:
        await session.execute(tagged("SELECT pg_advisory_xact_lock(:key)", "/lock"), {"key": key})
        await asyncio.sleep(hold)
    return {"pid": os.getpid()}


@app.get("/stream")
async def stream() -> StreamingResponse:
    """An event stream that keeps the session it began with for as long as the client stays."""
    session = new_session()
    await session.execute(tagged("SELECT 6", "/stream"))

    async def events() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: x\n\n"
                await asyncio.sleep(0.2)
        finally:
            await session.close()

    return StreamingResponse(events(), media_type="text/event-stream")


@app.get("/call-out")
async def call_out(port: int) -> dict[str, int]:
    """Keeps its connection while another service does not answer."""
    async with new_session() as session:
        await session.execute(tagged("SELECT 6", "/call-out"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"charge")
        await reader.read()
    return {"pid": os.getpid()}


@app.get("/nested")
async def nested() -> dict[str, int]:
    """Hold one session and ask the same pool for a second."""
    async with new_session() as outer:
        await outer.execute(tagged("SELECT 7", "/nested"))
        await asyncio.sleep(0.2)  # so that every request has its first one
        async with new_session() as inner:
            await inner.execute(tagged("SELECT 8", "/nested"))
    return {"pid": os.getpid()}


@app.get("/read/{kind}")
async def read(kind: int, hold: float = 3) -> dict[str, int]:
    """One of many reads, then a wait for something else with its transaction open."""
    async with new_session() as session:
        await session.execute(text(f"SELECT 1 AS column_{kind}"))  # a statement of its own for each kind
        await asyncio.sleep(hold)
    return {"pid": os.getpid()}


tenants: dict[int, AsyncEngine] = {}


@app.get("/tenant/{number}")
async def tenant(number: int) -> dict[str, int]:
    """An engine for each tenant, none disposed of."""
    own = tenants.setdefault(number, _new_engine())
    async with own.connect() as connection:
        await connection.execute(tagged("SELECT 9", "/tenant"))
    return {"pid": os.getpid()}


@app.get("/hit")
async def hit() -> dict[str, int]:
    """Count on one hot row."""
    async with new_session.begin() as session:
        await session.execute(text("UPDATE counter SET n = n + 1"))
    return {"pid": os.getpid()}


@app.get("/block-loop")
async def block_loop(seconds: float = 1) -> dict[str, int]:
    """Block the event loop: no other request of this worker is served meanwhile."""
    time.sleep(seconds)
    return {"pid": os.getpid()}


@app.get("/engine-per-request")
async def engine_per_request(dispose: bool = True) -> dict[str, int]:
    """A new engine, so a new connection, for every request; without `dispose` the connection stays."""
    own = _new_engine()
    connection = await own.connect()
    await connection.execute(tagged("SELECT 5", "/engine-per-request"))
    if dispose:
        await connection.close()
        await own.dispose()
    else:
        await connection.commit()
        forgotten.append(connection)
    return {"pid": os.getpid()}


if __name__ == "__main__":  # the programmatic way to serve: `python patient_app.py`
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PATIENT_PORT"]))
