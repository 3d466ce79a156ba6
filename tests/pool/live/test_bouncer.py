"""A real pgbouncer between the application and PostgreSQL 18."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.pgbouncer import bouncer_console
from forge_doctor.probes.postgres.target import Target
from forge_doctor.report import exit_code
from tests.support.examination import examine, look, of, one, until
from tests.support.listeners import listener
from tests.support.pgbouncer import OTHER, PgBouncer, run_pgbouncer
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="module")
def narrow(postgres18: PostgresServer) -> Iterator[PgBouncer]:
    """One server connection for each pair of database and user."""
    with run_pgbouncer(postgres18, {"default_pool_size": "1"}) as bouncer:
        yield bouncer


def console(bouncer: PgBouncer, user: str) -> Target:
    return resolve_targets((bouncer.dsn(database="pgbouncer", user=user, password=bouncer.password),))[0]


async def until_console(bouncer: PgBouncer, shows: Callable[[Mapping[str, str]], bool]) -> None:
    """Wait until a pool of the console shows it: it tells what its last round of the event loop has seen."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        seen = await bouncer_console(console(bouncer, bouncer.admin))
        if any(shows(pool) for pool in seen.pools):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the console never showed the state the test needs")


async def test_it_is_recognised_by_the_port_the_server_sees(pgbouncer: PgBouncer) -> None:
    seen = await look(pgbouncer.dsn())
    assert seen.bouncer is not None
    assert seen.bouncer.address == f"127.0.0.1:{pgbouncer.port}"
    assert seen.server is not None
    assert seen.server.major == 18


async def test_a_direct_connection_has_none_in_between(postgres18: PostgresServer) -> None:
    assert (await look(postgres18.dsn(), scan=False)).bouncer is None


async def test_its_mode_alone_is_no_evidence_for_broken_prepared_statements(narrow: PgBouncer) -> None:
    report = await examine(narrow.dsn(), bouncer=console(narrow, narrow.stats))
    assert of(report, "bouncer-prepared-statements") == ()
    assert [one.check for one in report.not_run if one.check.startswith("bouncer")] == []


async def test_clients_that_wait_in_it(narrow: PgBouncer) -> None:
    import asyncpg

    held = await asyncpg.connect(narrow.dsn(), statement_cache_size=0)
    waiting = await asyncpg.connect(narrow.dsn(), statement_cache_size=0)
    try:
        await held.execute("BEGIN")
        task = asyncio.create_task(waiting.execute("SELECT 1"))
        await until_console(narrow, lambda pool: pool["cl_waiting"] == "1" and int(pool["maxwait"]) >= 1)
        direct = narrow.server.dsn()
        found = one(await examine(direct, bouncer=console(narrow, narrow.admin), scan=False), "bouncer-clients-waiting")
        await held.execute("ROLLBACK")
        await task
    finally:
        await asyncio.gather(held.close(), waiting.close())
    assert found.message.startswith("1 client waits in pgbouncer for a connection to postgres as postgres")


async def test_more_server_connections_than_slots(postgres18: PostgresServer) -> None:
    with run_pgbouncer(postgres18, {"default_pool_size": "500"}) as wide:
        report = await examine(wide.dsn(), bouncer=console(wide, wide.stats))
    assert "pgbouncer may open 500 connections" in one(report, "bouncer-exceeds-slots").message
    assert of(report, "pool-exceeds-slots") == ()


def breaks_the_exchange(connection: socket.socket) -> None:
    """Takes the login as a server does, then says words where the iterations of SCRAM belong."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def talk() -> None:
        connection.settimeout(30)
        with contextlib.suppress(OSError, struct.error), connection.makefile("rb") as stream:
            while struct.unpack("!ii", (start := stream.read(8)))[1] in (80877103, 80877104):
                connection.sendall(b"N")
            stream.read(struct.unpack("!i", start[:4])[0] - 8)
            connection.sendall(message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0"))
            _, size = struct.unpack("!ci", stream.read(5))
            nonce = stream.read(size - 4).split(b"r=")[-1]
            connection.sendall(message(b"R", struct.pack("!i", 11) + b"r=" + nonce + b"X,s=c2FsdA==,i=abc"))

    threading.Thread(target=talk, daemon=True).start()


async def test_a_console_that_breaks_the_login_leaves_the_rest_of_the_examination(postgres18: PostgresServer) -> None:
    with listener(breaks_the_exchange) as port:
        told = resolve_targets((f"postgresql://u:Zq9secret@127.0.0.1:{port}/pgbouncer",))[0]
        report = await examine(postgres18.dsn(), bouncer=told, scan=False, connect_timeout_s=30.0)
    bouncer = {one for one in report.not_run if one.check.startswith("bouncer")}
    assert {one.check for one in bouncer} >= {"bouncer-clients-waiting", "bouncer-exceeds-slots"}
    assert all("the server's message gives no number of iterations" in one.reason for one in bouncer)
    assert not any("stats_users" in one.remedy or one.crashed for one in bouncer)
    assert report.inspected["servers"] == 1
    assert [one.title for one in report.tables].count("Sizing") == 1
    assert exit_code([report], fail_on=None) == 3
    assert "Zq9secret" not in repr(report)


async def test_a_console_closed_to_the_role_is_said(pgbouncer: PgBouncer) -> None:
    report = await examine(pgbouncer.dsn(), bouncer=console(pgbouncer, OTHER))
    not_run = {one.check: one for one in report.not_run}
    assert "not allowed" in not_run["bouncer-clients-waiting"].reason
    assert "stats_users" in not_run["bouncer-clients-waiting"].remedy
    assert pgbouncer.password not in repr(report)


HOLDS = """
import asyncio, asyncpg, sys
async def main():
    held = await asyncpg.connect(sys.argv[1], statement_cache_size=0)
    await held.execute("BEGIN; SELECT 1")
    await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_script_behind_it_is_named_beside_the_transaction_it_holds(pgbouncer: PgBouncer) -> None:
    argv = [sys.executable, "-c", HOLDS, pgbouncer.dsn()]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as script:
        try:
            held = (
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%SELECT 1'"
            )
            await until(lambda: pgbouncer.server.sql(held).strip() == "1")
            limits = {"idle-in-transaction": {"idle_s": 0.0}}
            report = await examine(pgbouncer.server.dsn(), limits, bouncer=console(pgbouncer, pgbouncer.stats))
        finally:
            script.communicate()
    found = one(report, "idle-in-transaction")
    (client,) = [fact.value for fact in found.evidence if fact.label == "served now"]
    assert str(client).startswith(f"pid {script.pid} (")
