"""What `forge_doctor.holders` costs a session: BEGIN, SELECT 1, ROLLBACK over loopback, with and without, interleaved.

    python -m tests.benchmarks.holders_bench [--rounds 12] [--sessions 400]

Prints the wall time of a session by percentiles, over all rounds: on an idle machine, or twice.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from forge_doctor.holders import install
from tests.support.postgres import postgres18_bin, run_postgres

ONE = text("SELECT 1")


async def seconds(factory: async_sessionmaker[AsyncSession]) -> float:
    """What a session took."""
    began = time.perf_counter()
    async with factory() as session:
        await session.scalar(ONE)
    return time.perf_counter() - began


async def measure(url: str, rounds: int, number: int) -> dict[str, list[float]]:
    """One session of each in turn, so that what else the machine does meets both alike; which is first changes."""
    engines = {"without": create_async_engine(url), "holders": create_async_engine(url)}
    if not install(engines["holders"]):
        raise SystemExit("no page can be had on this system")
    found: dict[str, list[float]] = {name: [] for name in engines}
    factories = {name: async_sessionmaker(engine) for name, engine in engines.items()}
    for turn in range(rounds * number):
        for name in list(factories)[:: 1 if turn % 2 else -1]:
            found[name].append(await seconds(factories[name]))
    for engine in engines.values():
        await engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--sessions", type=int, default=400)
    options = parser.parse_args()
    with run_postgres(postgres18_bin()) as server:
        found = asyncio.run(measure(server.dsn(scheme="postgresql+asyncpg"), options.rounds, options.sessions))
    base, page = (statistics.quantiles(found[name], n=100) for name in ("without", "holders"))
    for percent in (1, 10, 50):
        before, after = base[percent - 1] * 1e6, page[percent - 1] * 1e6
        print(f"p{percent}: {before:.0f} us without, {after:.0f} us with holders: {(after / before - 1) * 100:+.1f} %")


if __name__ == "__main__":
    main()
