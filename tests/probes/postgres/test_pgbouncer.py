"""The admin console of a real pgbouncer, by every way of logging in."""

from __future__ import annotations

import asyncio
import time
import traceback

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.pgbouncer import bouncer_console
from forge_doctor.probes.postgres.target import Target
from tests.support.listeners import answer_lines, greet, hang_after_tls_refusal, hang_up, listener, say_nothing
from tests.support.pgbouncer import OTHER, PgBouncer, run_pgbouncer
from tests.support.postgres import PostgresServer, free_port
from tests.support.tls import Certificate

WRONG = "Zq9wrong"


def target_of(dsn: str) -> Target:
    (target,) = resolve_targets([dsn], {"HOME": "/nonexistent"})
    return target


def admin(bouncer: PgBouncer, query: str = "") -> Target:
    return target_of(bouncer.dsn(user=bouncer.admin, password=bouncer.password) + query)


async def test_the_console_tells_its_version_pools_databases_and_settings(pgbouncer: PgBouncer) -> None:
    client = await pgbouncer.server.connect(port=pgbouncer.port, statement_cache_size=0)
    try:
        await client.execute("BEGIN")
        # The console tells what its last round of the event loop has seen.
        deadline = time.monotonic() + 30
        while True:
            console = await bouncer_console(admin(pgbouncer), limit_s=30)
            pools = [pool for pool in console.pools if pool["database"] == "postgres"]
            databases = [row for row in console.databases if row["name"] == "postgres"]
            seen = len(databases) == 1 and [pool["sv_active"] for pool in pools] == ["1"]
            if seen or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
    finally:
        await client.close()
    assert console.refused == {}
    assert console.address == f"127.0.0.1:{pgbouncer.port}"
    assert console.version.split(".")[0] == "1"
    assert len(pools) == 1, console.pools
    (pool,) = pools
    assert (pool["user"], pool["cl_active"], pool["sv_active"], pool["cl_waiting"]) == ("postgres", "1", "1", "0")
    assert pool["pool_mode"] == "transaction"
    assert len(databases) == 1, console.databases
    (database,) = databases
    assert (database["port"], database["pool_size"]) == (str(pgbouncer.server.port), "5")
    assert console.config["default_pool_size"] == "5"
    assert console.config["max_client_conn"] == "100"


async def test_a_user_of_statistics_may_read_it_as_well(pgbouncer: PgBouncer) -> None:
    console = await bouncer_console(target_of(pgbouncer.dsn(user=pgbouncer.stats, password=pgbouncer.password)))
    assert console.version
    assert console.config["pool_mode"] == "transaction"


async def test_a_user_without_rights_learns_what_to_add(pgbouncer: PgBouncer) -> None:
    with pytest.raises(CannotInspect, match=f"add {OTHER} to stats_users in pgbouncer.ini"):
        await bouncer_console(target_of(pgbouncer.dsn(user=OTHER, password=pgbouncer.password)))


@pytest.mark.parametrize("auth_type", ["scram-sha-256", "md5", "plain", "trust"])
async def test_every_way_of_logging_in_is_spoken(postgres18: PostgresServer, auth_type: str) -> None:
    with run_pgbouncer(postgres18, {"auth_type": auth_type}, password="Zq9 '\"\\ü€") as bouncer:
        allowed = "?require_auth=password" if auth_type == "plain" else ""
        assert (await bouncer_console(admin(bouncer, allowed))).version
        socket = f"?host={bouncer.directory}&port={bouncer.port}"
        assert (await bouncer_console(admin(bouncer, socket))).version
        if auth_type != "trust":
            with pytest.raises(CannotInspect, match="correct the password from --dsn") as caught:
                await bouncer_console(target_of(bouncer.dsn(user=bouncer.admin, password=WRONG) + allowed))
            assert WRONG not in "".join(traceback.format_exception(caught.value))


async def test_the_console_is_read_over_tls(postgres18: PostgresServer, certificate: Certificate) -> None:
    tls = {
        "client_tls_sslmode": "require",
        "client_tls_cert_file": str(certificate.cert),
        "client_tls_key_file": str(certificate.key),
    }
    with run_pgbouncer(postgres18, tls) as bouncer:
        for query in ("?sslmode=prefer", "?sslmode=require", f"?sslmode=verify-ca&sslrootcert={certificate.cert}"):
            assert (await bouncer_console(admin(bouncer, query))).config["client_tls_sslmode"] == "require"
        with pytest.raises(CannotInspect, match="certificate verify failed"):
            await bouncer_console(admin(bouncer, f"?sslmode=verify-ca&sslrootcert={certificate.other}"))
        with pytest.raises(CannotInspect, match="connect by the name in the certificate"):
            await bouncer_console(admin(bouncer, f"?sslmode=verify-full&sslrootcert={certificate.cert}"))
        with pytest.raises(CannotInspect, match="SSL required"):
            await bouncer_console(admin(bouncer, "?sslmode=disable"))


async def test_tls_demanded_of_a_pgbouncer_without_it_is_told(pgbouncer: PgBouncer) -> None:
    with pytest.raises(CannotInspect, match="does not offer TLS, and sslmode=require demands it"):
        await bouncer_console(admin(pgbouncer, "?sslmode=require"))


async def test_a_postgresql_is_no_pgbouncer(any_postgres: PostgresServer) -> None:
    with pytest.raises(CannotInspect, match='database "pgbouncer" does not exist'):
        await bouncer_console(target_of(any_postgres.dsn()))
    any_postgres.sql("CREATE DATABASE pgbouncer")
    try:
        with pytest.raises(CannotInspect, match="is no pgbouncer console"):
            await bouncer_console(target_of(any_postgres.dsn()))
    finally:
        any_postgres.sql("DROP DATABASE pgbouncer WITH (FORCE)")


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (say_nothing, "gave up after 0.3 s"),
        (hang_after_tls_refusal, "gave up after 0.3 s"),
        (hang_up, "the connection was lost"),
        (greet(b"SSH-2.0-OpenSSH_9.2\r\n"), "not a PostgreSQL server|TLS failed"),
        (greet(b"NHTTP/1.1 400 Bad Request\r\n"), "not a PostgreSQL server"),
        (answer_lines(b"never\r\n"), "gave up after 0.3 s"),
    ],
)
async def test_what_is_no_pgbouncer_is_given_up_in_time(behaviour: object, problem: str) -> None:
    with listener(behaviour) as port:  # type: ignore[arg-type]
        started = time.monotonic()
        with pytest.raises(CannotInspect, match=problem):
            await bouncer_console(target_of(f"postgresql://u:Zq9secret@127.0.0.1:{port}/x"), limit_s=0.3)
        assert time.monotonic() - started < 5


async def test_nothing_listening_is_told() -> None:
    with pytest.raises(CannotInspect, match="connection refused"):
        await bouncer_console(target_of(f"postgresql://u:p@127.0.0.1:{free_port()}/x"))
