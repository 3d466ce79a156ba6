"""Every supported PostgreSQL, 13 to 18: what the server says there becomes the same facts."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.examination import examine, judge, look, one, shown_by
from tests.support.postgres import MAJORS, new_database, postgres_bin, run_postgres

# None of them can say how long a lock has been waited for before 14, nor keep slots for a role before 16.
WAIT_IS_KNOWN = 14
SLOTS_ARE_KEPT = 16
# With the older Pythons and libraries the first and the last of them.
EACH = [MAJORS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in MAJORS[1:-1]), MAJORS[-1]]


@pytest.mark.parametrize("major", EACH)
async def test_sessions_locks_limits_and_counters(major: int) -> None:
    kept = {"reserved_connections": "2"} if major >= SLOTS_ARE_KEPT else {}
    with run_postgres(postgres_bin(major), kept) as server, new_database(server) as database:
        database.sql(f"CREATE TABLE stock (id int, n int); GRANT ALL ON stock TO {database.user}")
        database.sql("INSERT INTO stock VALUES (1, 1)")
        async with database.session(server_settings={"application_name": "till"}) as root, database.session() as waiter:
            await root.execute("BEGIN")
            await root.execute("UPDATE stock SET n = n + 41 WHERE id = 1 /*route='%2Fbuy'*/")
            waiting = asyncio.create_task(waiter.execute("UPDATE stock SET n = 0"))
            while not database.sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.02)
            seen = await look(server.dsn(database=database.name), scan=False)
            report = judge(seen, {"blocking-session": {"wait_s": 0}, "idle-in-transaction": {"idle_s": 0}})
            await root.execute("ROLLBACK")
            await waiting
        assert seen.server is not None
        assert seen.server.major == major == server.version
        assert seen.server.reserved == (2 if kept else 0)
        assert seen.server.counters is not None
        assert (seen.server.counters.sessions is None) == (major < WAIT_IS_KNOWN)
        by_pid = {session.pid: session for session in seen.sessions}
        assert len(by_pid) == 2, "the tool's own session and the server's processes are not clients"
        blocker = next(one for one in by_pid.values() if one.application_name == "till")
        blocked = next(one for one in by_pid.values() if one.blocked_by)
        assert blocker.idle_in_transaction
        assert blocker.statement == "UPDATE stock SET n = n + ? WHERE id = ?"
        assert blocker.tags == {"route": "/buy"}
        assert blocked.blocked_by == (blocker.pid,)
        assert (blocked.lock_wait_s is None) == (major < WAIT_IS_KNOWN)
        assert f"pid {blocker.pid}" in one(report, "blocking-session").message
        assert "idle-in-transaction" in shown_by(one(report, "blocking-session"))


@pytest.mark.parametrize("major", EACH)
async def test_a_server_without_a_slot_left_says_why(major: int) -> None:
    small = {"max_connections": "6", "superuser_reserved_connections": "2"}
    with run_postgres(postgres_bin(major), small) as server, new_database(server) as database:
        server.sql(f"CREATE ROLE doctor LOGIN PASSWORD 'doctor'; GRANT CONNECT ON DATABASE {database.name} TO doctor")
        held = [await database.connect() for _ in range(4)]
        report = await examine(
            server.dsn(database=database.name, user="doctor", password="doctor"), {}, scan=False, connect_timeout_s=5
        )
        for connection in held:
            connection.terminate()
    assert one(report, "no-slot-left")
