"""A database of the sick shop, seeded once for all of these tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from forge_doctor.finding import Finding
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.slow.collect import Request, collect
from forge_doctor.slow.run import all_checks, run_slow
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.postgres import FreshDatabase, PostgresServer, new_database
from tests.support.sick_shop import Shop

Work = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(scope="session")
def shop_database(postgres18: PostgresServer) -> Iterator[FreshDatabase]:
    """The tables with their rows, and the extension; the owner is the application's role."""
    with new_database(postgres18) as database:
        database.sql("CREATE EXTENSION pg_stat_statements")

        async def set_up() -> None:
            async with opened(database) as shop:
                await shop.set_up()

        asyncio.run(set_up())
        yield database


@asynccontextmanager
async def opened(database: FreshDatabase, **engine: Any) -> AsyncIterator[Shop]:
    """The service on that database."""
    shop = Shop(database.dsn(), **engine)
    try:
        yield shop
    finally:
        await shop.close()


@asynccontextmanager
async def busy(*works: Work, clients: int = 3) -> AsyncIterator[None]:
    """Clients that do the work again and again until the block ends; begins when each was done once.

    They go home between two works: before 2.1, SQLAlchemy left a connection open whose task was cancelled while it was
    being set up.
    """
    begun = asyncio.Event()
    done, ending = 0, False

    async def client() -> None:
        nonlocal done
        while not ending:
            for work in works:
                await work()
            done += 1
            if done >= clients:
                begun.set()

    tasks = [asyncio.create_task(client()) for _ in range(clients)]
    try:
        await asyncio.wait_for(begun.wait(), 60)
        yield
    finally:
        ending = True
        async with asyncio.timeout(60):
            await asyncio.gather(*tasks)


async def seen(database: FreshDatabase, duration_s: float = 0.0, *, dsn: str = "", **request: Any) -> SlowSnapshot:
    """What the command sees of it."""
    target = resolve_targets((dsn or database.dsn(),))[0]
    return await collect(Request(target=target, duration_s=duration_s, connect_timeout_s=10, **request))


def judged(snapshot: SlowSnapshot) -> Report:
    """What it says, however fast this machine is; the servers of the tests run without autovacuum, so that what was just
    written is never analysed."""
    limits = {one.id: {"mean_ms": 0.0} for one in all_checks() if "mean_ms" in one.limits and one.id != "jit-overhead"}
    return run_slow(snapshot, Settings(limits=limits), ignore=("stale-statistics",))


async def told_of(check: str, database: FreshDatabase, duration_s: float) -> Finding:
    """The first finding of a check about what runs now; a machine that is busy itself is watched longer, some times."""
    for longer in (1, 2, 4):
        report = judged(await seen(database, duration_s * longer))
        found = [one for one in report.findings if one.check == check]
        if found:
            return found[0]
    raise AssertionError(f"no {check}: {[(one.check, one.message) for one in report.findings]}")
