"""Holds connections in the ways applications do, and says so: `python holding_app.py MODE URL`; imports no test.

Each mode prints one JSON object: its pid, and the line each backend was taken at, as it knows itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from forge_doctor.holders import install

PID = text("SELECT pg_backend_pid()")
truth: dict[int, str] = {}


def line(depth: int = 1) -> str:
    frame = sys._getframe(depth)
    return f"{frame.f_lineno} {frame.f_code.co_qualname}"


def here(pid: Any) -> None:
    """The line of the caller took the connection of this backend."""
    truth[int(pid)] = line(2)


def tell(**more: Any) -> None:
    print(json.dumps({"pid": os.getpid(), "held": truth, **more}), flush=True)


async def by_get(session: AsyncSession) -> None:
    here(await session.scalar(PID))


async def by_wait_for(session: AsyncSession) -> None:
    here(await asyncio.wait_for(session.scalar(PID), 5))


# Before Python 3.12 `wait_for` runs what it is given in a task of its own, where nothing of the application is.
WAITED = (by_get, by_wait_for) if sys.version_info >= (3, 12) else (by_get,)


async def in_run_sync(session: AsyncSession) -> None:
    def inner(sync: Any) -> None:
        here(sync.scalar(PID))

    await session.run_sync(inner)


async def committed(session: AsyncSession) -> None:
    """Takes it anew, then holds it in a transaction of its own without a statement."""
    await session.scalar(PID)
    await session.commit()
    here(await session.scalar(PID))


async def in_asyncio(url: str, blocks: bool = False) -> None:
    engine, other = create_async_engine(url, pool_size=60), create_async_engine(url, pool_size=2)
    assert install(engine)
    assert install(other)
    kept = []
    for factory in (async_sessionmaker(engine), async_sessionmaker(other)):
        for take in WAITED if factory.kw["bind"] is other else (by_get, in_run_sync, committed) * 3:
            session = factory()
            await take(session)
            kept.append(session)
    detached, place = await engine.connect(), line()
    truth[await detached.scalar(PID) or 0] = place
    (await detached.get_raw_connection()).detach()
    async with engine.connect() as returned:
        gone = await returned.scalar(PID)
    tell(returned=gone)
    if blocks:
        time.sleep(600)
    await asyncio.sleep(600)


def in_threads(url: str) -> None:
    engine = create_engine(url)
    assert install(engine)
    kept = []

    def work() -> None:
        kept.append((one := engine.connect(), here(one.scalar(PID))))

    work()
    thread = threading.Thread(target=lambda: kept.append((one := engine.connect(), here(one.scalar(PID)))))
    thread.start()
    thread.join()
    tell()
    time.sleep(600)


def forked(url: str) -> None:
    """The parent has a page and a connection; the child takes its own after the fork."""
    engine = create_engine(url)
    assert install(engine)
    first, place = engine.connect(), line()
    truth[first.scalar(PID) or 0] = place
    tell()
    child = os.fork()
    truth.clear()
    if child == 0:
        engine.dispose(close=False)
        second, place = engine.connect(), line()
        truth[second.scalar(PID) or 0] = place
        tell()
    elif os.fork() == 0:
        tell(idle=True)
    time.sleep(600)


async def in_a_ümlaut(url: str) -> None:
    engine = create_async_engine(url)
    assert install(engine, tags=True)
    assert install(engine, tags=True), "a second time changes nothing"
    connection = await engine.connect()
    backend, place = await connection.scalar(PID), line()
    tell(backend=backend, place=f"{os.path.relpath(__file__)}:{place.split()[0]}")
    await asyncio.sleep(600)


def many(url: str) -> None:
    engine = create_engine(url, pool_size=600)
    assert install(engine)
    kept = [engine.connect() for _ in range(600)]
    tell(count=len(kept))
    time.sleep(600)


if __name__ == "__main__":
    mode, url = sys.argv[1:3]
    if mode == "asyncio":
        asyncio.run(in_asyncio(url))
    elif mode == "blocked":
        asyncio.run(in_asyncio(url, blocks=True))
    elif mode == "tagged":
        asyncio.run(in_a_ümlaut(url))
    else:
        {"threads": in_threads, "forked": forked, "many": many}[mode](url)
