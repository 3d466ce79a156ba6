"""Locks, ages, counters, settings and permissions on real PostgreSQL 15 and 18."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool import collect
from forge_doctor.probes.processes.table import ProcessTable
from tests.support.examination import examine, judge, look, of, one, sessions_where, until
from tests.support.postgres import FreshDatabase, PostgresServer, postgres18_bin, run_postgres
from tests.support.typed import type_in

OURS = "application_name = 'forge-doctor'"
LOCK = "SELECT pg_advisory_xact_lock(7)"
WAITS = "wait_event_type = 'Lock'"
SLEEPS = "wait_event = 'PgSleep'"
SINCE_HALF_A_SECOND = "clock_timestamp() - query_start > interval '0.5 s'"


async def in_background(connection: Any, statement: str) -> asyncio.Task[Any]:
    task = asyncio.create_task(connection.execute(statement))
    await asyncio.sleep(0)
    return task


async def end(database: FreshDatabase, pid: int, task: asyncio.Task[Any]) -> None:
    """Cancel the statement a session runs, and wait until it has noticed."""
    database.sql(f"SELECT pg_cancel_backend({pid})")
    await asyncio.gather(task, return_exceptions=True)


async def test_the_root_of_a_pile_up_that_sits_idle(fresh_database: FreshDatabase) -> None:
    fresh_database.sql("CREATE TABLE stock (id int PRIMARY KEY, n int); INSERT INTO stock VALUES (1, 1)")
    fresh_database.sql(f"GRANT ALL ON stock TO {fresh_database.user}")
    async with AsyncExitStack() as stack:
        root = await stack.enter_async_context(fresh_database.session())
        await root.execute("BEGIN")
        await root.execute("UPDATE stock SET n = n + 1")
        waiters = [await stack.enter_async_context(fresh_database.session()) for _ in range(4)]
        tasks = [await in_background(one, "UPDATE stock SET n = n + 1") for one in waiters]
        await until(lambda: sessions_where(fresh_database, f"{WAITS} AND {SINCE_HALF_A_SECOND}") == 4)
        found = one(await examine(fresh_database.dsn(), {"blocking-session": {"wait_s": 0.3}}), "blocking-session")
        pid = root.get_server_pid()
        await root.execute("ROLLBACK")
        await asyncio.gather(*tasks)
    assert found.severity is Severity.CRITICAL
    assert found.message.startswith(f"1 root, 4 blocked: pid {pid} ")
    (wait,) = [evidence.value for evidence in found.evidence if evidence.label == "longest wait"]
    assert isinstance(wait, float)
    assert wait >= 0.3


async def test_a_pile_up_of_150_has_one_root() -> None:
    with run_postgres(postgres18_bin(), {"max_connections": "170"}) as server:
        async with AsyncExitStack() as stack:

            async def connected() -> Any:
                connection = await server.connect(host=str(server.socket_dir))
                stack.callback(connection.terminate)
                return connection

            root = await connected()
            pid = root.get_server_pid()
            await root.execute("BEGIN")
            await root.execute(LOCK)
            waiters = [await connected() for _ in range(150)]
            tasks = [asyncio.create_task(waiter.execute(LOCK)) for waiter in waiters]
            await until(lambda: sessions_where(server, f"{WAITS} AND {SINCE_HALF_A_SECOND}") == 150, seconds=60)
            report = await examine(server.dsn(), {"blocking-session": {"wait_s": 0.1}}, scan=False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert one(report, "blocking-session").message.startswith(f"1 root, 150 blocked: pid {pid} ")


async def test_a_long_statement_and_a_long_transaction(fresh_database: FreshDatabase) -> None:
    limits = {"long-statement": {"running_s": 0.3}, "long-transaction": {"open_s": 0.3}}
    async with fresh_database.session() as running, fresh_database.session() as idle:
        await idle.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await idle.execute("SELECT 1")
        pid = running.get_server_pid()
        task = await in_background(running, "SELECT pg_sleep(60)")
        await until(lambda: sessions_where(fresh_database, f"{SLEEPS} AND {SINCE_HALF_A_SECOND}") == 1)
        report = await examine(fresh_database.dsn(), limits)
        statement, transaction = one(report, "long-statement"), one(report, "long-transaction")
        await end(fresh_database, pid, task)
    assert f"a.pid IN ({pid}) AND a.state = 'active'" in statement.remedy
    assert ("waits for", "Timeout: PgSleep") in [(evidence.label, evidence.value) for evidence in statement.evidence]
    assert "2 transactions have been open" in transaction.message
    assert "2 of them hold back vacuum" in transaction.message


async def test_a_prepared_transaction_left_behind(fresh_database: FreshDatabase) -> None:
    async with fresh_database.session() as session:
        await session.execute("BEGIN")
        await session.execute(LOCK)
        await session.execute("PREPARE TRANSACTION 'it''s left'")
        report = await examine(fresh_database.dsn(), {"orphaned-prepared-transaction": {"prepared_s": 0}})
    remedy = one(report, "orphaned-prepared-transaction").remedy
    assert "gid = 'it''s left'" in remedy
    type_in(fresh_database, remedy)
    assert fresh_database.sql("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()") == "0"
    type_in(fresh_database, remedy)  # resolved by its transaction manager meanwhile: nothing is done


async def test_sessions_that_crowd_on_one_wait_event() -> None:
    """A standby that is waited for and never comes: every commit waits for it."""
    settings = {"synchronous_standby_names": "nobody", "synchronous_commit": "on"}
    with run_postgres(postgres18_bin(), settings) as server:
        sessions = [await server.connect() for _ in range(6)]
        tasks = [asyncio.create_task(own.execute(f"CREATE TABLE t{number} ()")) for number, own in enumerate(sessions)]
        await until(lambda: sessions_where(server, "wait_event = 'SyncRep'") == 6)
        found = one(await examine(server.dsn(), scan=False), "contended-wait")
        for session in sessions:
            session.terminate()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert found.message.startswith("6 active sessions wait for IPC: SyncRep")


async def test_a_deliberate_sleep_is_no_contention(fresh_database18: FreshDatabase) -> None:
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(fresh_database18.session()) for _ in range(6)]
        tasks = [await in_background(session, "SELECT pg_sleep(60)") for session in sessions]
        await until(lambda: sessions_where(fresh_database18, SLEEPS) == 6)
        seen = await look(fresh_database18.dsn())
        assert [one.wait_event for one in seen.sessions if one.state == "active"] == ["PgSleep"] * 6
        assert of(judge(seen), "contended-wait") == ()
        for session, task in zip(sessions, tasks, strict=True):
            await end(fresh_database18, session.get_server_pid(), task)


async def test_deadlocks_and_rollbacks_are_counted(fresh_database: FreshDatabase) -> None:
    fresh_database.sql("CREATE TABLE pair (id int PRIMARY KEY); INSERT INTO pair VALUES (1), (2)")
    fresh_database.sql(f"GRANT ALL ON pair TO {fresh_database.user}")
    async with fresh_database.session() as one_way, fresh_database.session() as other_way:
        for session, first in ((one_way, 1), (other_way, 2)):
            await session.execute("BEGIN")
            await session.execute(f"SELECT FROM pair WHERE id = {first} FOR UPDATE")
        task = await in_background(one_way, "SELECT FROM pair WHERE id = 2 FOR UPDATE")
        results = await asyncio.gather(
            task, other_way.execute("SELECT FROM pair WHERE id = 1 FOR UPDATE"), return_exceptions=True
        )
        assert sum(isinstance(result, Exception) for result in results) == 1
    async with fresh_database.session() as session:
        for _ in range(20):
            await session.execute("BEGIN; ROLLBACK")
    for _ in range(300):
        report = await examine(fresh_database.dsn(), {"frequent-rollbacks": {"transactions": 10, "ratio": 0.1}})
        if of(report, "deadlocks") and of(report, "frequent-rollbacks"):
            break
        await asyncio.sleep(0.1)
    assert "1 deadlock " in one(report, "deadlocks").message
    assert one(report, "frequent-rollbacks").severity is Severity.INFO


async def test_clients_that_vanished_are_counted(fresh_database: FreshDatabase) -> None:
    for _ in range(6):
        connection = await fresh_database.connect()
        connection._transport.abort()  # as a killed client: no word of goodbye
    for _ in range(300):
        report = await examine(fresh_database.dsn())
        if of(report, "abandoned-sessions"):
            break
        await asyncio.sleep(0.1)
    assert "ended because their client vanished" in one(report, "abandoned-sessions").message


async def test_timeouts_are_those_the_applications_role_gets(fresh_database: FreshDatabase) -> None:
    user, name = fresh_database.user, fresh_database.name
    fresh_database.sql(f"ALTER ROLE {user} SET statement_timeout = '30s'")
    fresh_database.sql(f"ALTER DATABASE {name} SET lock_timeout = '5s'")
    fresh_database.sql(f"ALTER ROLE {user} IN DATABASE {name} SET idle_in_transaction_session_timeout = '60s'")
    fresh_database.sql(f"ALTER ROLE {user} SET idle_session_timeout = '10min'")
    async with fresh_database.session():
        report = await examine(fresh_database.server.dsn(database=name))
    assert (
        one(report, "idle-session-timeout-set").message.startswith("idle_session_timeout is 10min  for role") is False
    )
    unset = [evidence.label for found in of(report, "timeout-unset") for evidence in found.evidence]
    assert unset == (["transaction_timeout"] if fresh_database.server.version >= 17 else [])


async def test_a_plain_role_judges_what_it_sees_and_says_what_it_does_not(
    any_postgres: PostgresServer, fresh_database: FreshDatabase
) -> None:
    async with fresh_database.session() as own:
        await own.execute("BEGIN")
        await own.execute("SELECT 1")
        stranger = await any_postgres.connect(database=fresh_database.name)
        try:
            report = await examine(fresh_database.dsn(), {"idle-in-transaction": {"idle_s": 0}})
        finally:
            await stranger.close()
    assert len(of(report, "idle-in-transaction")) == 1
    not_run = {one.check: one for one in report.not_run}
    assert not_run["idle-in-transaction"].remedy == f'GRANT pg_monitor TO "{fresh_database.user}";'
    assert "may not see what 1 of 2 sessions do" in not_run["idle-in-transaction"].reason


async def test_looking_leaves_no_trace_and_takes_one_connection(fresh_database: FreshDatabase) -> None:
    fresh_database.sql(
        "CREATE VIEW watcher AS SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'forge-doctor'"
    )

    async def most() -> int:
        counts = [int(await asyncio.to_thread(fresh_database.sql, "SELECT n FROM watcher")) for _ in range(12)]
        return max(counts)

    highest, _ = await asyncio.gather(most(), look(fresh_database.dsn(), duration_s=1.5))
    assert highest == 1
    await until(lambda: fresh_database.sql("SELECT n FROM watcher") == "0")


@pytest.mark.parametrize("through", ["socket", "tcp"])
async def test_a_unix_socket_is_examined_too(fresh_database18: FreshDatabase, through: str) -> None:
    server = fresh_database18.server
    dsn = fresh_database18.dsn()
    if through == "socket":
        dsn = (
            f"postgresql://{fresh_database18.user}@/{fresh_database18.name}?host={server.socket_dir}&port={server.port}"
        )
    seen = await look(dsn)
    assert seen.server is not None
    assert seen.server.major == 18


async def test_a_connection_that_opens_while_something_else_fails_is_closed(
    fresh_database18: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> ProcessTable:
        raise OSError("no /proc")

    monkeypatch.setattr(collect, "read_process_table", unreadable)
    others = asyncio.all_tasks()
    with pytest.raises(OSError, match="no /proc"):
        await look(fresh_database18.dsn())
    await asyncio.gather(*(asyncio.all_tasks() - others))
    await until(lambda: sessions_where(fresh_database18, f"{OURS} AND datname = '{fresh_database18.name}'") == 0, 30)


async def test_a_look_that_is_given_up_leaves_no_connection(fresh_database18: FreshDatabase) -> None:
    """While it opens, and once it is open."""
    for pause_s in (0, 0.001, 0.01, 0.05, 0.2):
        given_up = asyncio.create_task(look(fresh_database18.dsn(), duration_s=60))
        await asyncio.sleep(pause_s)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    await until(lambda: sessions_where(fresh_database18, f"{OURS} AND datname = '{fresh_database18.name}'") == 0, 30)
