"""Real services with one cause each: it is named, once, with what it shows as its evidence."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from socket import create_server

import pytest

from forge_doctor.finding import Finding, Severity
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from tests.support.app_server import StartApp
from tests.support.examination import (
    examine,
    is_old_enough_to_end,
    judge,
    of,
    one,
    run_line,
    sessions_where,
    shown_by,
    until,
)
from tests.support.pgbouncer import PgBouncer, run_pgbouncer
from tests.support.postgres import FreshDatabase, PostgresServer, postgres18_bin, run_aged

HELD = "state = 'idle in transaction'"
SMALL = Told(pool_size=3, max_overflow=0)


def above_info(report: Report) -> list[str]:
    return [found.check for found in report.findings if found.severity > Severity.INFO]


def evidence(found: Finding, label: str) -> object:
    return next(one.value for one in found.evidence if one.label == label)


async def test_open_streams_hold_the_pool_and_nothing_is_leaked(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=3, max_overflow=0)
    for _ in range(3):
        app.send("/stream")
    await until(lambda: sessions_where(fresh_database18, HELD) == 3)
    for _ in range(2):
        app.send("/healthy")
    long_enough = f"{HELD} AND clock_timestamp() - state_change > interval '1.5 s'"
    await until(lambda: sessions_where(fresh_database18, long_enough) == 3)
    limits = {"held-by-requests": {"idle_s": 0.5}, "idle-in-transaction": {"idle_s": 0.5}}
    limits |= {"leaked-transactions": {"idle_s": 0.5}}
    report = await examine(fresh_database18.dsn(), limits, told=SMALL, duration_s=1.0)
    found = one(report, "held-by-requests")
    assert "while 5 requests are in flight in it: they are held by open requests (open streams" in found.message
    assert evidence(found, "of them streams") == 3
    assert "these requests would fail" in found.remedy
    assert shown_by(found).keys() >= {"idle-in-transaction", "worker-at-limit"}
    assert above_info(report) == ["held-by-requests"]
    await until(lambda: is_old_enough_to_end(app.pid))
    os.kill(app.pid, signal.SIGSTOP)
    try:
        report = await examine(fresh_database18.dsn(), limits, told=SMALL)
        found = one(report, "stopped-process")
        assert "it holds 3 connections, 3 of them with a transaction open" in found.message
        assert above_info(report) == ["stopped-process"]
        assert run_line(found.remedy) == 0
        app.get("/worker")
    finally:
        os.kill(app.pid, signal.SIGCONT)


async def test_a_pool_that_waits_for_itself(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=3, max_overflow=0)
    for _ in range(7):
        app.send("/nested")
    stuck = f"{HELD} AND clock_timestamp() - state_change > interval '0.6 s'"
    await until(lambda: sessions_where(fresh_database18, stuck) == 3)
    report = await examine(fresh_database18.dsn(), {"pool-waits-for-itself": {"idle_s": 0.5}}, told=SMALL)
    found = one(report, "pool-waits-for-itself")
    assert "all 3 connections are idle in transaction" in found.message
    assert "7 requests are in flight" in found.message
    assert above_info(report) == ["pool-waits-for-itself"]


@pytest.mark.slow
async def test_calls_without_an_answer_that_began_at_one_moment(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=3, max_overflow=0)
    with create_server(("127.0.0.1", 0)) as silent:
        for _ in range(7):
            app.send(f"/call-out?port={silent.getsockname()[1]}")
        stuck = f"{HELD} AND clock_timestamp() - state_change > interval '0.6 s'"
        silent.settimeout(10)
        calls = [silent.accept()[0] for _ in range(3)]
        await until(lambda: sessions_where(fresh_database18, stuck) == 3)
        limits = {"pool-waits-for-itself": {"idle_s": 0.5}, "held-by-requests": {"idle_s": 0.5}}
        report = await examine(fresh_database18.dsn(), limits, told=SMALL)
        for call in calls:
            assert call.recv(6) == b"charge"
            call.close()
    assert "held by open requests (a slow call they await)" in one(report, "held-by-requests").message
    assert "pool-waits-for-itself" not in {found.check for found in report.findings}


async def test_a_pool_that_lives_idle_in_transaction(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=10, max_overflow=0)
    for kind in range(6):
        app.send(f"/read/{kind}?hold=30")
    waiting = f"{HELD} AND clock_timestamp() - state_change > interval '0.4 s'"
    await until(lambda: sessions_where(fresh_database18, waiting) == 6)
    report = await examine(fresh_database18.dsn(), told=Told(pool_size=10, max_overflow=0))
    found = one(report, "pool-idle-in-transaction")
    assert found.message.startswith("6 of 6 sessions of worker pid")
    assert "after 6 different statements" in found.message
    assert above_info(report) == ["pool-idle-in-transaction"]


async def test_an_engine_for_each_tenant(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=2, max_overflow=1)
    for number in range(6):
        app.get(f"/tenant/{number}")
    await until(lambda: sessions_where(fresh_database18, "state = 'idle' AND query ~ '^ROLLBACK'") >= 6)
    limits = {"forgotten-connections": {"idle_s": 0}}
    report = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=2, max_overflow=1))
    assert "it has several engines" in one(report, "several-engines").message
    assert above_info(report) == ["several-engines"]
    below = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=2, max_overflow=9))
    assert above_info(below) == []


FORKED = """
import asyncio, asyncpg, os, sys, time
loop = asyncio.new_event_loop()
connection = loop.run_until_complete(asyncpg.connect(sys.argv[1]))
for _ in range(2):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print("ready", flush=True)
time.sleep(60)
"""


async def test_a_connection_opened_before_the_fork(fresh_database18: FreshDatabase) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FORKED, fresh_database18.dsn()), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        assert parent.stdout is not None
        await parent.stdout.readline()
        found = one(await examine(fresh_database18.dsn()), "connection-shared-after-fork")
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        await parent.wait()
    assert "1 server connection is shared by 3 processes" in found.message
    assert f"{parent.pid}" in found.message


async def test_the_old_generation_of_a_deployment(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    old = app_server(fresh_database18.dsn(), "fastapi-run")
    old.send("/stream")
    await until(lambda: sessions_where(fresh_database18, HELD) == 1 and is_old_enough_to_end(old.pid))
    os.kill(old.pid, signal.SIGTERM)
    new = app_server(fresh_database18.dsn(), "fastapi-run")
    new.get("/healthy")

    async def lingering() -> tuple[Finding, ...]:
        return of(await examine(fresh_database18.dsn(), {"old-generation": {"worker_s": 0}}), "old-generation")

    for _ in range(50):
        if found := await lingering():
            break
        await asyncio.sleep(0.1)
    assert f"pid {old.pid} (" in found[0].message
    assert f"pid {new.pid} (" not in found[0].message
    assert "--timeout-graceful-shutdown" in found[0].remedy
    end = found[0].remedy.splitlines()[-1]
    assert run_line(end) == 0
    await until(lambda: sessions_where(fresh_database18, HELD) == 0, 30)
    new.get("/healthy")


async def test_an_index_built_beside_an_old_transaction(fresh_database18: FreshDatabase) -> None:
    database = fresh_database18
    async with AsyncExitStack() as stack:
        old, builder = [await stack.enter_async_context(database.session()) for _ in range(2)]
        await builder.execute("CREATE TABLE stock (n int)")
        await old.execute("BEGIN")
        await old.execute("INSERT INTO stock VALUES (1)")
        task = asyncio.create_task(builder.execute("CREATE INDEX CONCURRENTLY ON stock (n)"))
        await until(lambda: sessions_where(database, "wait_event_type = 'Lock'") == 1)
        found = one(await examine(database.dsn(), {"blocking-session": {"wait_s": 0}}), "blocking-session")
        await old.execute("ROLLBACK")
        await task
    assert evidence(found, "waited for") == "1 the end of an older transaction"
    assert f"pid {old.get_server_pid()} " in found.message or found.sessions[0] in found.sessions


async def test_a_vacuum_that_prevents_wraparound_is_never_cancelled() -> None:
    settings = {
        "autovacuum": "on",
        "autovacuum_freeze_max_age": "100000",
        "autovacuum_naptime": "1s",
        "autovacuum_vacuum_cost_delay": "0",
    }
    made = "CREATE TABLE ledger AS SELECT g, repeat('x', 300) AS pad FROM generate_series(1, 60000) AS g"
    # This table alone is vacuumed slowly: those of the catalog, and of other databases, come before it.
    slowly = "ALTER TABLE ledger SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)"

    def prepare(server: PostgresServer) -> None:
        server.sql("CREATE ROLE ada LOGIN PASSWORD 'pw'")
        server.sql("CREATE DATABASE books OWNER ada")
        server.sql(f"{made}; {slowly}; ALTER TABLE ledger OWNER TO ada", database="books")

    with run_aged(postgres18_bin(), settings, 200_000, prepare) as server:
        database = FreshDatabase(server=server, name="books", user="ada", password="pw")
        vacuum = "backend_type = 'autovacuum worker' AND query LIKE '%ledger%wraparound%'"
        asked = f"SELECT pid FROM pg_stat_activity WHERE {vacuum}"
        await until(lambda: server.sql(asked) != "", seconds=180)
        async with database.session() as change, database.session() as reader:
            tasks = [asyncio.create_task(change.execute("ALTER TABLE ledger ADD COLUMN note text"))]
            await until(lambda: sessions_where(database, "wait_event_type = 'Lock'") == 1)
            tasks.append(asyncio.create_task(reader.execute("SELECT 1 FROM ledger LIMIT 1")))
            await until(lambda: sessions_where(database, "wait_event_type = 'Lock'") == 2)
            root = int(server.sql(asked))
            dsn = server.dsn(database=database.name)
            found = one(await examine(dsn, {"blocking-session": {"wait_s": 0}}, scan=False), "blocking-session")
            first = found.remedy.splitlines()[0]
            assert f"a.pid IN ({change.get_server_pid()})" in first
            assert len(database.sql(first.partition(";")[0]).splitlines()) == 1
            await asyncio.gather(*tasks, return_exceptions=True)
            assert int(server.sql(asked)) == root, "the vacuum goes on"
    assert f"IN ({root})" not in found.remedy
    assert "prevents transaction id wraparound" in found.message
    assert "pages scanned" in str(evidence(found, f"progress of pid {root}"))


async def test_pooling_by_session_pins_a_connection_for_each_idle_client(postgres18: PostgresServer) -> None:
    import asyncpg

    with run_pgbouncer(postgres18, {"pool_mode": "session", "default_pool_size": "1"}) as bouncer:
        idle = await asyncpg.connect(bouncer.dsn())
        await idle.execute("SELECT 1")
        other = await asyncpg.connect(bouncer.dsn())  # logged in, and without a server connection until it asks
        waits = asyncio.create_task(other.execute("SELECT 1"))
        try:
            report = await _until_told(postgres18, bouncer, "bouncer-session-pinned")
        finally:
            await idle.close()
            await waits
            await other.close()
    found = one(report, "bouncer-session-pinned")
    assert "1 of its 1 server connections do nothing" in found.message
    assert of(report, "bouncer-clients-waiting") == ()


async def test_the_lock_of_a_session_left_behind_a_pooler(postgres18: PostgresServer) -> None:
    import asyncpg

    # An idle connection that the pooler gives up takes its lock with it: not while a busy machine still looks at it.
    with run_pgbouncer(postgres18, {"server_idle_timeout": "600"}) as pgbouncer:
        client = await asyncpg.connect(pgbouncer.dsn(), statement_cache_size=0)
        try:
            await client.execute("SELECT pg_advisory_lock(815)")
            report = await _until_told(pgbouncer.server, pgbouncer, "bouncer-session-state")
            found = one(report, "bouncer-session-state")
            assert "advisory lock 815" in found.message
            statement = next(line for line in found.remedy.splitlines() if line.startswith("SELECT a.pid"))
            assert len(pgbouncer.server.sql(statement).splitlines()) == 1
            assert pgbouncer.server.sql(statement) == ""
        finally:
            client.terminate()


async def _until_told(server: PostgresServer, bouncer: PgBouncer, check: str) -> Report:
    """Looked at the server itself, with the console of the pgbouncer that its sockets lead to."""
    from forge_doctor.probes.postgres.dsn import resolve_targets

    console = bouncer.dsn(database="pgbouncer", user=bouncer.stats, password=bouncer.password)
    for _ in range(50):
        report = await examine(server.dsn(), bouncer=resolve_targets((console,))[0])
        if of(report, check):
            return report
        await asyncio.sleep(0.1)
    raise AssertionError(report.findings)


@pytest.mark.slow
async def test_a_queue_that_has_just_moved_on_is_looked_at_again(fresh_database18: FreshDatabase) -> None:
    """The one look of a command does not come in the two seconds in which the next holder only takes its turn."""
    database = fresh_database18
    async with AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(database.session()) for _ in range(3)]
        await first.execute("CREATE TABLE stock (n int); INSERT INTO stock VALUES (1)")
        for session in (first, second, third):
            await session.execute("BEGIN")
        # No new version of the row: the third could find that first, and the second would wait for it without end.
        await first.execute("SELECT n FROM stock FOR UPDATE")
        taken = asyncio.create_task(second.execute("UPDATE stock SET n = 3"))
        waiting = "wait_event_type = 'Lock'"
        await until(lambda: sessions_where(database, waiting) == 1)
        behind = asyncio.create_task(third.execute("UPDATE stock SET n = 4"))
        old = f"{waiting} AND clock_timestamp() - query_start > interval '2.1 s'"
        await until(lambda: sessions_where(database, old) == 2)
        await first.execute("COMMIT")
        await taken
        examination = Examination(Request(target=resolve_targets((database.dsn(),))[0], told=Told(), scan=False))
        try:
            found = one(judge(await examination.look(is_only=True)), "blocking-session")
        finally:
            examination.close()
        await second.execute("ROLLBACK")
        await behind
        assert found.message.startswith("1 root, 1 blocked")
        assert found.sessions == (second.get_server_pid(), third.get_server_pid())
