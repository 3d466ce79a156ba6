"""Real uvicorn workers and a real PostgreSQL 18: who holds the connections, and why."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.topology import Told
from forge_doctor.probes.processes.network.tcp_diagnosis import STALLED_S
from tests.support.app_server import AppServer, StartApp, sleeps
from tests.support.examination import examine, judge, look, of, one, sessions_where, shown_by, until
from tests.support.postgres import FreshDatabase

POOL = Told(pool_size=2, max_overflow=2)


def in_state(database: FreshDatabase, state: str) -> int:
    counted = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{database.user}' AND state = '{state}'"
    return int(database.sql(counted))


def accept_queue(app: AppServer) -> int:
    """Connections that the kernel has accepted for the application and nobody has taken."""
    (row,) = [
        row.split()
        for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
        if f":{app.port:04X} 00000000:0000 0A " in row
    ]
    return int(row[4].partition(":")[2], 16)


async def test_a_healthy_service_has_nothing_above_info(app_server: StartApp, fresh_database: FreshDatabase) -> None:
    app = app_server(fresh_database.dsn(), workers=2)
    for _ in range(20):
        app.get("/healthy")
    fresh_database.server.sql(f"GRANT pg_monitor TO {fresh_database.user}")
    report = await examine(fresh_database.dsn(), told=Told(pool_size=3, max_overflow=2))
    assert [found for found in report.findings if found.severity > Severity.INFO] == []
    assert report.not_run == ()


async def test_a_leak_names_the_worker_the_route_and_the_count(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn(), workers=2, pool_size=5, max_overflow=5)
    leaking = app.workers[0]
    for _ in range(7):
        app.get("/leak", worker=leaking)
        await asyncio.sleep(0.2)  # one after another, as a leak is
    limits = {"leaked-transactions": {"idle_s": 0.2}, "idle-in-transaction": {"idle_s": 0.2}}
    report = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=5, max_overflow=5), duration_s=1.0)

    leak = one(report, "leaked-transactions")
    assert (leak.severity, leak.confidence) == (Severity.CRITICAL, Confidence.HIGH)
    assert f"(worker pid {leaking} holds 7)" in leak.message
    assert ("route", "/leak") in [(evidence.label, evidence.value) for evidence in leak.evidence]

    assert "No request is in flight that came before them and could end them." in leak.message
    shown = shown_by(leak)
    assert shown["idle-in-transaction"].startswith(
        f"worker pid {leaking} (uvicorn tests.support.patient_app:app) holds 7 of its 7"
    )
    assert shown["hoarding-worker"].startswith(f"worker pid {leaking} ")
    assert len(leak.sessions) == 7


async def test_slow_code_in_a_transaction_is_told_from_a_leak(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn())
    for _ in range(4):
        app.send("/idle-in-transaction?hold=30")
    await until(lambda: in_state(fresh_database18, "idle in transaction") == 4)
    since = "state = 'idle in transaction' AND clock_timestamp() - state_change > interval '0.3 s'"
    await until(lambda: sessions_where(fresh_database18, since) == 4)
    report = await examine(fresh_database18.dsn())
    assert "4 sessions wait for application code" in one(report, "slow-code-in-transaction").message
    assert of(report, "leaked-transactions") == ()


async def test_a_failed_transaction_nobody_rolled_back(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn())
    app.send("/aborted")
    await until(lambda: in_state(fresh_database18, "idle in transaction (aborted)") == 1)
    report = await examine(fresh_database18.dsn(), {"aborted-transaction": {"idle_s": 0}})
    assert "1 failed transaction" in one(report, "aborted-transaction").message


async def test_connections_that_were_checked_out_and_forgotten(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=2, max_overflow=3)
    for _ in range(4):
        app.get("/leak-checked-out")
    assert in_state(fresh_database18, "idle in transaction") == 0
    limits = {"forgotten-connections": {"idle_s": 0}}
    report = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=2, max_overflow=3))
    assert "2 more than the 2 its pool keeps" in one(report, "forgotten-connections").message

    app_that_returns = app_server(fresh_database18.dsn(), pool_size=2, max_overflow=3, application_name="returns")
    for _ in range(5):
        app_that_returns.send("/slow?seconds=0.3")
    await until(lambda: in_state(fresh_database18, "active") == 5)
    await until(lambda: in_state(fresh_database18, "active") == 0)
    after = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=2, max_overflow=3))
    assert [f"pid {app.workers[0]} " in found.message for found in of(after, "forgotten-connections")] == [True]


async def test_a_worker_at_its_limit_and_a_pool_too_small(
    app_server: StartApp, fresh_database18: FreshDatabase
) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=2, max_overflow=2)
    for _ in range(10):
        app.send("/slow?seconds=20")
    await until(lambda: in_state(fresh_database18, "active") == 4)
    report = await examine(fresh_database18.dsn(), told=POOL)
    assert "holds 4 of the 4 connections its pool allows: 4 active" in one(report, "worker-at-limit").message
    assert "10 requests in flight and only 4 connections" in one(report, "pool-too-small").message
    assert of(report, "event-loop-blocked") == ()


async def test_a_blocked_event_loop_is_not_the_database(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn())
    app.get("/healthy")
    app.send("/block-loop?seconds=60")
    await until(lambda: sleeps(app.pid))
    for _ in range(6):
        app.send("/healthy")
    await until(lambda: accept_queue(app) == 6)
    await asyncio.sleep(STALLED_S)  # before, a burst looks alike
    blocked = one(await examine(fresh_database18.dsn()), "event-loop-blocked")
    assert blocked.message.startswith(f"6 requests wait to be accepted on port {app.port} while worker pid {app.pid} ")


async def test_a_script_beside_the_workers_is_named(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn())
    app.get("/healthy")
    code = (
        "import asyncio, asyncpg, sys\n"
        "async def hold(): return [await asyncpg.connect(sys.argv[1]) for _ in range(4)]\n"
        "loop = asyncio.new_event_loop(); held = loop.run_until_complete(hold()); print('ready', flush=True); input()\n"
    )
    script = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        fresh_database18.dsn(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert script.stdout is not None
        await script.stdout.readline()
        report = await examine(fresh_database18.dsn())
        foreign = one(report, "foreign-holder")
        assert f"pid {script.pid} (python" in foreign.message
        assert "holds 4 connections" in foreign.message
        assert fresh_database18.password not in repr(report)
    finally:
        script.kill()
        await script.wait()


async def test_an_engine_for_each_request_is_churn(app_server: StartApp, fresh_database: FreshDatabase) -> None:
    app = app_server(fresh_database.dsn())

    fresh_database.server.sql(f"GRANT pg_monitor TO {fresh_database.user}")
    looking = asyncio.create_task(look(fresh_database.dsn(), duration_s=3.0))
    while not looking.done():
        await asyncio.to_thread(app.get, "/engine-per-request")
    seen = await looking
    assert seen.looks is not None
    assert seen.looks.opened >= 3
    churn = one(judge(seen, {"connection-churn": {"opened_per_s": 1}}), "connection-churn")
    assert f"{seen.looks.opened} connections were opened in" in churn.message


async def test_an_idle_pool_is_larger_than_the_load(app_server: StartApp, fresh_database18: FreshDatabase) -> None:
    app = app_server(fresh_database18.dsn(), pool_size=10, max_overflow=0)
    for _ in range(10):
        app.send("/slow?seconds=0.5")
    # A connection is also idle between its opening and its first statement; a pool's rolled back is at rest.
    at_rest = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{fresh_database18.user}' AND query ~ '^ROLLBACK'"
    await until(lambda: int(fresh_database18.sql(at_rest)) == 10)
    limits = {"pool-oversized": {"idle_s": 0}}
    report = await examine(fresh_database18.dsn(), limits, told=Told(pool_size=10, max_overflow=0))
    assert one(report, "pool-oversized").severity is Severity.INFO
