"""How long `forge-doctor slow --duration 0` takes beside psql reading the same view, and what sampling costs a server.

Beside it stands the floor: a program that loads what the command is made with, typer and asyncpg, and asks one query.
Wall time from the start of the process to its end, commands interleaved, medians; a ratio is the median of the ratios of
each round. The cost of sampling is what the server itself counts for our statement, in milliseconds a look, and the
transactions a busy client gets done beside it and without it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.postgres import FreshDatabase, client_programs, new_database, postgres18_bin, run_postgres

PSQL, TOTALS, BARE = "psql, the view", "slow --duration 0", "slow --duration 0 --no-explain"
FLOOR = "typer, asyncpg, one query"
VIEW = (
    "SELECT queryid, query, calls, total_exec_time, rows, shared_blks_hit + shared_blks_read, temp_blks_written "
    "FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "ORDER BY total_exec_time DESC"
)
FLOOR_PROGRAM = """
import asyncio, sys, asyncpg, typer
async def main(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.fetch("SELECT 1")
    connection.terminate()
asyncio.run(main(sys.argv[1]))
"""
KINDS = 200


def fill(database: FreshDatabase) -> None:
    """As many kinds of statements as an application has."""
    database.sql("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int, b int, c text)")
    database.sql("INSERT INTO t SELECT g, g % 100, repeat('x', 50) FROM generate_series(1, 20000) g; ANALYZE t")
    kinds = [f"SELECT a, b AS b{at} FROM t WHERE a = {at} AND b = 1" for at in range(KINDS)]
    database.sql("; ".join(kinds))


def measure(database: FreshDatabase, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each command in each round; a first round is thrown away."""
    dsn = database.server.dsn(database=database.name)
    doctor = (sys.executable, "-m", "forge_doctor", "slow", "--fail-on", "never", "--duration", "0", "--dsn", dsn)
    psql = str(client_programs(database.server.bin_dir) / "psql")
    commands = {
        PSQL: (psql, "-XAt", "-c", VIEW, dsn),
        FLOOR: (sys.executable, "-c", FLOOR_PROGRAM, dsn),
        BARE: (*doctor, "--no-explain"),
        TOTALS: doctor,
    }
    environment = {**os.environ, "COLUMNS": "100"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for at in range(rounds + 1):
        for name, argv in commands.items():
            start = time.perf_counter()
            done = subprocess.run(argv, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
            if done.returncode not in (0, 3):
                raise SystemExit(f"{name} exits {done.returncode}: {done.stderr.decode(errors='replace')}")
            if at:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def ratio(times: dict[str, list[float]], name: str, beside: str) -> float:
    """The median of the ratios of the rounds."""
    return statistics.median(one / other for one, other in zip(times[name], times[beside], strict=True))


CLIENT = """
import asyncio, sys, asyncpg
async def main(dsn, seconds):
    loop, done = asyncio.get_running_loop(), 0
    connection = await asyncpg.connect(dsn)
    end = loop.time() + seconds
    while loop.time() < end:
        async with connection.transaction():
            await connection.fetch("SELECT 1")
        done += 1
    print(done)
asyncio.run(main(sys.argv[1], float(sys.argv[2])))
"""


async def transactions(database: FreshDatabase, seconds: float) -> int:
    """How many a client gets done, in a process of its own."""
    argv = (sys.executable, "-c", CLIENT, database.dsn(), str(seconds))
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    return int(told)


async def sampling(database: FreshDatabase, seconds: float, sessions: int) -> tuple[float, float]:
    """Milliseconds of the server for a look beside so many sessions, and the share of transactions left beside it."""
    from forge_doctor.probes.postgres.dsn import resolve_targets
    from forge_doctor.slow.collect import Request, collect

    target = resolve_targets((database.server.dsn(database=database.name),))[0]
    idle = [await database.connect() for _ in range(sessions)]
    without = await transactions(database, seconds)
    looked, beside = await asyncio.gather(
        collect(Request(target=target, duration_s=seconds, explain=False)), transactions(database, seconds)
    )
    for one in idle:
        await one.close()
    assert looked.server is not None
    cost = database.sql(
        "SELECT sum(total_exec_time) / sum(calls) FROM pg_stat_statements "
        "WHERE query LIKE '%pg_blocking_pids(pid)%' AND query LIKE '%backend_type%'"
    )
    return float(cost), beside / without


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=4.0)
    options.add_argument("--sessions", type=int, default=20)
    told = options.parse_args()
    with run_postgres(postgres18_bin(), {"max_connections": "120"}) as server, new_database(server) as database:
        fill(database)
        times = measure(database, told.rounds)
        print(f"{KINDS} kinds of statements, {told.rounds} rounds: median ms, times psql, times the floor")
        for name, taken in times.items():
            beside = f"{ratio(times, name, PSQL):6.2f} {ratio(times, name, FLOOR):6.2f}"
            print(f"{name:34} {statistics.median(taken):8.0f} {beside}")
        cost, left = asyncio.run(sampling(database, told.seconds, told.sessions))
        print(f"{'a look at sessions, server ms':34} {cost:8.2f}")
        print(f"{'transactions left beside sampling':34} {left:8.2f}")


if __name__ == "__main__":
    main()
