"""Connecting to real servers, and each way in which that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres import look
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.errors import NoSlotLeft, QueryFailed, ServerError, Unreachable, limit_of
from forge_doctor.probes.postgres.look import GRACE_S, Connection, QueryLimits, connect, fetch_rows, read_only, reads
from forge_doctor.probes.postgres.target import Target
from tests.support.examination import sessions_where, until
from tests.support.listeners import (
    Behaviour,
    answer_lines,
    greet,
    hang_after_tls_refusal,
    hang_up,
    listener,
    say_nothing,
)
from tests.support.pgbouncer import PgBouncer, run_pgbouncer
from tests.support.postgres import (
    FreshDatabase,
    PostgresServer,
    free_port,
    new_database,
    postgres15_bin,
    postgres18_bin,
    run_postgres,
)
from tests.support.tls import Certificate

PASSWORD = "Zq9secret"
# For a server that answers: how soon it does is the machine's to say.
PATIENT_S = 30.0
# What a limit may be exceeded by where nobody gets a turn at once.
LATE_S = 5.0
TLS_ONLY = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"


def target_of(dsn: str) -> Target:
    (target,) = resolve_targets([dsn], {"HOME": "/nonexistent"})
    return target


@asynccontextmanager
async def connected(dsn: str, **options: Any) -> AsyncIterator[Connection]:
    connection = await connect(target_of(dsn), **{"connect_timeout_s": PATIENT_S, **options})
    try:
        yield connection
    finally:
        connection.close()


async def failure(dsn: str, *, connect_timeout_s: float = PATIENT_S) -> CannotInspect:
    """Why no session is to be had; the password is in no part of it."""
    with pytest.raises(CannotInspect) as caught:
        await connect(target_of(dsn), connect_timeout_s=connect_timeout_s)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


@pytest.fixture(scope="module")
def small18() -> Iterator[PostgresServer]:
    """A server with nine slots: two reserved, three for superusers."""
    with run_postgres(postgres18_bin(), {"max_connections": "9", "reserved_connections": "2"}) as server:
        yield server


@pytest.fixture(scope="module")
def tls15(certificate: Certificate) -> Iterator[PostgresServer]:
    """A server that takes nothing but TLS over TCP."""
    settings = {"ssl": "on", "ssl_cert_file": str(certificate.cert), "ssl_key_file": str(certificate.key)}
    with run_postgres(postgres15_bin(), settings, TLS_ONLY) as server:
        yield server


async def test_a_look_is_read_only_short_and_named(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        major = fresh_database.server.version
        assert connection.version_num // 10000 == major
        names = ("application_name", "transaction_read_only", "statement_timeout", "lock_timeout", "search_path")
        columns = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
        (row,) = await fetch_rows(connection, f"SELECT current_setting('server_version_num')::int AS num, {columns}")
    assert row == {
        "num": connection.version_num,
        "application_name": "forge-doctor",
        "transaction_read_only": "on",
        "statement_timeout": "2s",
        "lock_timeout": "100ms",
        "search_path": "pg_catalog",
    }


async def test_statements_of_one_look_share_a_transaction_and_take_arguments(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        async with read_only(connection) as fetch:
            first = await fetch("SELECT now() AS at, $1::text AS word", "a'b")
            second = await fetch("SELECT now() AS at")
        third = await fetch_rows(connection, "SELECT now() AS at")
    assert first[0]["word"] == "a'b"
    assert first[0]["at"] == second[0]["at"] != third[0]["at"]


async def test_statements_that_stand_alone_share_a_transaction_until_one_fails(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        async with reads(connection) as fetch:
            first, second = [await fetch("SELECT now() AS at") for _ in range(2)]
            with pytest.raises(QueryFailed, match="no_such_table"):
                await fetch("SELECT 1 FROM no_such_table")
            third = await fetch("SELECT now() AS at, current_setting('transaction_read_only') AS only")
        assert not connection.driver.is_in_transaction()
        async with reads(connection):
            assert not connection.driver.is_in_transaction()
    assert first[0]["at"] == second[0]["at"] != third[0]["at"]
    assert third[0]["only"] == "on"


async def test_a_writing_statement_is_refused_by_the_server(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        with pytest.raises(QueryFailed, match="read-only transaction") as caught:
            await fetch_rows(connection, "CREATE TABLE public.t (x int)")
        assert caught.value.sqlstate == "25006"
        assert await fetch_rows(connection, "SELECT 1 AS one") == ({"one": 1},)


async def test_a_slow_statement_is_given_up_and_the_connection_stays(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        with pytest.raises(QueryFailed, match=r"took longer than 0\.1 s") as caught:
            await fetch_rows(connection, "SELECT pg_sleep(5)", limits=QueryLimits(statement_s=0.1))
        assert caught.value.sqlstate == "57014"
        assert len(await fetch_rows(connection, "SELECT 1")) == 1


async def test_a_missing_right_names_the_grant(fresh_database: FreshDatabase) -> None:
    async with connected(fresh_database.dsn()) as connection:
        with pytest.raises(QueryFailed, match=f'GRANT pg_monitor TO "{fresh_database.user}"') as caught:
            await fetch_rows(connection, "SELECT * FROM pg_authid")
    assert caught.value.sqlstate == "42501"


async def test_a_backend_that_stops_answering_does_not_hold_us(postgres18: PostgresServer) -> None:
    async with connected(postgres18.dsn()) as connection:
        (row,) = await fetch_rows(connection, "SELECT pg_backend_pid() AS pid")
        os.kill(row["pid"], signal.SIGSTOP)
        try:
            started = time.monotonic()
            with pytest.raises(Unreachable, match=r"no answer to a query within 1\.05 s"):
                await fetch_rows(connection, "SELECT 1", limits=QueryLimits(statement_s=0.05))
            assert time.monotonic() - started < 1.05 + LATE_S
        finally:
            os.kill(row["pid"], signal.SIGCONT)


async def test_a_server_that_gets_no_turn_in_the_middle_of_a_look_is_waited_for(postgres18: PostgresServer) -> None:
    """As on a machine with more work than processors: it began the transaction, so it is there."""
    async with connected(postgres18.dsn()) as connection, read_only(connection, QueryLimits(statement_s=0.5)) as fetch:
        (row,) = await fetch("SELECT pg_backend_pid() AS pid")
        os.kill(row["pid"], signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.5 + 2 * GRACE_S, os.kill, row["pid"], signal.SIGCONT)
        assert await fetch("SELECT 1 AS one") == ({"one": 1},)


async def test_a_server_that_hangs_in_the_middle_of_a_look_is_given_up(
    postgres18: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "BUSY_GRACE_S", 0.2)
    async with connected(postgres18.dsn()) as connection:
        (row,) = await fetch_rows(connection, "SELECT pg_backend_pid() AS pid")

        async def hangs() -> None:
            async with read_only(connection, QueryLimits(statement_s=0.5)) as fetch:
                os.kill(row["pid"], signal.SIGSTOP)
                await fetch("SELECT 1")

        try:
            with pytest.raises(Unreachable, match=r"no answer to a query within 0\.7 s"):
                await hangs()
        finally:
            os.kill(row["pid"], signal.SIGCONT)


async def test_a_session_ended_by_the_administrator_is_a_lost_connection(postgres18: PostgresServer) -> None:
    async with connected(postgres18.dsn()) as connection:
        with pytest.raises(Unreachable, match="the connection was lost") as caught:
            await fetch_rows(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
        assert caught.value.__suppress_context__
        with pytest.raises(Unreachable, match="the connection was lost"):
            await fetch_rows(connection, "SELECT 1")


async def test_a_look_given_up_half_way_leaves_no_session_behind(fresh_database18: FreshDatabase) -> None:
    async with connected(fresh_database18.dsn()) as connection:
        given_up = asyncio.create_task(fetch_rows(connection, "SELECT pg_sleep(1)"))
        await until(lambda: sessions_where(fresh_database18, "wait_event = 'PgSleep'") == 1)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert connection.driver.is_closed()


async def test_a_look_counts_as_a_session_that_ended_not_as_an_abandoned_one(fresh_database18: FreshDatabase) -> None:
    async with connected(fresh_database18.dsn()) as connection:
        await fetch_rows(connection, "SELECT 1")
    counters = f"SELECT sessions, sessions_abandoned FROM pg_stat_database WHERE datname = '{fresh_database18.name}'"
    deadline = time.monotonic() + 30
    while (seen := fresh_database18.server.sql(counters)) == "0|0" and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert seen == "1|0"


async def test_a_unix_socket_is_a_server_too(any_postgres: PostgresServer) -> None:
    server = any_postgres
    async with connected(f"postgresql://postgres@/postgres?host={server.socket_dir}&port={server.port}") as connection:
        assert await fetch_rows(connection, "SELECT inet_server_port() AS port") == ({"port": None},)


async def test_the_next_host_is_tried_within_the_time_of_all(postgres18: PostgresServer) -> None:
    with listener(say_nothing) as silent:
        hosts = f"127.0.0.1:{silent},127.0.0.1:{free_port()},127.0.0.1:{postgres18.port}"
        started = time.monotonic()
        dsn = f"postgresql://postgres:{postgres18.password}@{hosts}/postgres"
        async with connected(dsn, connect_timeout_s=4.5) as connection:
            assert connection.target.hosts[0].port == postgres18.port
    assert time.monotonic() - started < 4.5


async def test_the_failure_of_every_host_is_told() -> None:
    ports = free_port(), free_port()
    error = await failure(f"postgresql://u:{PASSWORD}@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/x")
    assert str(error).startswith("none of the 2 hosts gave a session: ")
    assert all(f"127.0.0.1:{port}" in str(error) for port in ports)


async def test_a_wrong_password_names_its_source(any_postgres: PostgresServer) -> None:
    error = await failure(any_postgres.dsn(password=PASSWORD))
    assert f"postgres@127.0.0.1:{any_postgres.port}/postgres: password authentication failed" in str(error)
    assert "correct the password from --dsn" in str(error)


async def test_a_missing_password_and_the_pgpass_passed_over_are_told(
    any_postgres: PostgresServer, tmp_path: Path
) -> None:
    file = tmp_path / ".pgpass"
    file.write_text("*:*:*:*:x\n")
    file.chmod(0o644)
    dsn = f"postgresql://postgres@127.0.0.1:{any_postgres.port}/postgres"
    (target,) = resolve_targets([dsn], {"HOME": str(tmp_path)})
    with pytest.raises(CannotInspect, match=r"asks for a password and none was given.*chmod 0600"):
        await connect(target)


async def test_the_drivers_own_reading_of_the_environment_is_out_of_play(
    any_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPASSWORD": any_postgres.password, "PGDATABASE": "nowhere", "PGSSLMODE": "require"}.items():
        monkeypatch.setenv(name, value)
    error = await failure(f"postgresql://postgres@127.0.0.1:{any_postgres.port}/postgres")
    assert "none was given" in str(error)


async def test_an_unknown_database_and_an_unknown_role_say_how_to_list_them(any_postgres: PostgresServer) -> None:
    error = await failure(any_postgres.dsn(database="nowhere"))
    assert f'database "nowhere" does not exist; list the databases: psql -h 127.0.0.1 -p {any_postgres.port}' in str(
        error
    )
    error = await failure(f"postgresql://stranger@/postgres?host={any_postgres.socket_dir}&port={any_postgres.port}")
    assert 'role "stranger" does not exist; list the roles' in str(error)


async def test_a_role_without_connect_names_the_grant(fresh_database: FreshDatabase) -> None:
    with new_database(fresh_database.server) as other:
        other.sql(f"REVOKE CONNECT ON DATABASE {other.name} FROM PUBLIC")
        server, role = fresh_database.server, fresh_database
        error = await failure(server.dsn(database=other.name, user=role.user, password=role.password))
    assert f'GRANT CONNECT ON DATABASE "{other.name}" TO "{role.user}"' in str(error)


async def test_a_full_role_and_a_full_database_are_told_apart(fresh_database: FreshDatabase) -> None:
    role, database = fresh_database.user, fresh_database.name
    async with fresh_database.session():
        fresh_database.sql(f"ALTER ROLE {role} CONNECTION LIMIT 1")
        error = await failure(fresh_database.dsn())
        assert isinstance(error, NoSlotLeft)
        assert (error.limit, error.sqlstate) == ("role", "53300")
        assert error.server_message == f'too many connections for role "{role}"'
        fresh_database.sql(f"ALTER ROLE {role} CONNECTION LIMIT -1; ALTER DATABASE {database} CONNECTION LIMIT 1")
        error = await failure(fresh_database.dsn())
        assert isinstance(error, NoSlotLeft)
        assert error.limit == "database"
        async with connected(fresh_database.server.dsn(user=role, password=fresh_database.password)) as connection:
            assert connection.version_num


async def fill(stack: AsyncExitStack, database: FreshDatabase, **overrides: Any) -> None:
    """Open sessions until the server gives no more."""
    import asyncpg

    for _ in range(60):
        try:
            await stack.enter_async_context(database.session(**overrides))
        except asyncpg.TooManyConnectionsError:
            return
    pytest.fail("sixty sessions, and the server takes more")


async def test_reserved_slots_and_a_server_full_to_the_last_are_told_apart(any_postgres: PostgresServer) -> None:
    with new_database(any_postgres) as database:
        async with AsyncExitStack() as stack:
            await fill(stack, database)
            error = await failure(database.dsn())
            assert isinstance(error, NoSlotLeft)
            assert error.limit == "reserved"
            owner = {"user": any_postgres.user, "password": any_postgres.password}
            await fill(stack, database, **owner)
            error = await failure(any_postgres.dsn())
            assert isinstance(error, NoSlotLeft)
            assert error.limit == "all"


async def test_slots_for_pg_use_reserved_connections_are_reserved_slots(small18: PostgresServer) -> None:
    with new_database(small18) as database:
        async with AsyncExitStack() as stack:
            await fill(stack, database)
            error = await failure(database.dsn())
            assert isinstance(error, NoSlotLeft)
            assert (error.limit, "pg_use_reserved_connections" in error.server_message) == ("reserved", True)
            small18.sql(f"GRANT pg_use_reserved_connections TO {database.user}")
            async with connected(database.dsn()) as connection:
                assert connection.version_num // 10000 == 18


async def test_the_limit_is_known_from_the_servers_own_routine_in_any_language(fresh_database: FreshDatabase) -> None:
    import asyncpg

    async def routine() -> str:
        with pytest.raises(asyncpg.TooManyConnectionsError) as caught:
            await fresh_database.connect()
        return str(caught.value.server_source_function)

    fresh_database.sql(f"ALTER ROLE {fresh_database.user} CONNECTION LIMIT 0")
    assert limit_of(ServerError(sqlstate="53300", message="zu viele", routine=await routine())) == "role"
    fresh_database.sql(f"ALTER ROLE {fresh_database.user} CONNECTION LIMIT -1")
    fresh_database.sql(f"ALTER DATABASE {fresh_database.name} CONNECTION LIMIT 0")
    assert limit_of(ServerError(sqlstate="53300", message="zu viele", routine=await routine())) == "database"
    async with AsyncExitStack() as stack:
        fresh_database.sql(f"ALTER DATABASE {fresh_database.name} CONNECTION LIMIT -1")
        await fill(stack, fresh_database)
        assert limit_of(ServerError(sqlstate="53300", message="zu viele", routine=await routine())) == "reserved"


async def test_a_server_that_shuts_down_asks_for_patience() -> None:
    with run_postgres(postgres18_bin()) as server:
        session = await server.connect()
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + 30
        error = None
        while error is None and time.monotonic() < deadline:
            try:
                async with connected(server.dsn()):
                    await asyncio.sleep(0.02)
            except CannotInspect as refusal:
                error = refusal
        session.terminate()
    assert isinstance(error, Unreachable)
    assert "the database system is shutting down; try again in a moment: pg_isready -h 127.0.0.1" in str(error)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_refused_connection_names_the_port(host: str) -> None:
    port = free_port()
    error = await failure(f"postgresql://u:{PASSWORD}@{host}:{port}/x")
    assert f"connection refused, nothing listens there; check host and port: pg_isready -h {host} -p {port}" in str(
        error
    )


async def test_a_missing_socket_names_the_directory(tmp_path: Path) -> None:
    error = await failure(f"postgresql://u:{PASSWORD}@/x?host={tmp_path}")
    assert f"no socket .s.PGSQL.5432 in {tmp_path}; look for it: ls -a {tmp_path}" in str(error)


async def test_a_name_that_does_not_resolve_is_told() -> None:
    error = await failure(f"postgresql://u:{PASSWORD}@no..name/x")
    assert "the name 'no..name' does not resolve" in str(error)


async def test_a_name_server_that_hangs_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(30))
    before = set(threading.enumerate())
    started = time.monotonic()
    error = await failure(f"postgresql://u:{PASSWORD}@db.example/x", connect_timeout_s=0.3)
    assert time.monotonic() - started < 0.3 + LATE_S
    assert "no name server answered for 'db.example'" in str(error)
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)
    answered.set()


@pytest.mark.parametrize("sslmode", ["prefer", "disable", "require"])
async def test_a_server_that_accepts_and_never_answers_is_given_up_in_time(sslmode: str) -> None:
    with listener(say_nothing) as port:
        started = time.monotonic()
        error = await failure(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/x?sslmode={sslmode}", connect_timeout_s=0.6)
        assert 0.4 < time.monotonic() - started < 0.6 + LATE_S
    assert "gave up after 0.6 s: something accepts connections there and never answers" in str(error)


async def test_a_server_that_hangs_in_the_login_is_known_for_postgresql() -> None:
    with listener(hang_after_tls_refusal) as port:
        error = await failure(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/x", connect_timeout_s=0.6)
    assert "a PostgreSQL server answers there but did not finish the login" in str(error)


@pytest.mark.parametrize("sslmode", ["prefer", "disable"])
@pytest.mark.parametrize(
    ("behaviour", "name"),
    [
        (greet(b"SSH-2.0-OpenSSH_9.2\r\n"), "an SSH server"),
        (greet(b"J\0\0\0\n8.0.36\0........\0mysql_native_password\0"), "a MySQL server"),
        (answer_lines(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "an HTTP server"),
        (answer_lines(b"-ERR unknown command\r\n"), "a Redis server"),
        (greet(b"220 ready\r\n"), "something else"),
    ],
)
async def test_another_server_is_told_by_its_kind(behaviour: Behaviour, name: str, sslmode: str) -> None:
    with listener(behaviour) as port:
        error = await failure(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/x?sslmode={sslmode}", connect_timeout_s=0.8)
    assert f"{name} answers there, not a PostgreSQL server; check host and port" in str(error)


async def test_a_server_that_hangs_up_is_a_lost_connection() -> None:
    with listener(hang_up) as port:
        error = await failure(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/x")
    assert isinstance(error, Unreachable)
    assert "the connection was lost" in str(error)


async def test_tls_is_taken_where_offered_and_verified_where_asked(
    tls15: PostgresServer, certificate: Certificate
) -> None:
    base = f"postgresql://postgres:{tls15.password}@localhost:{tls15.port}/postgres"
    queries = ["", "?sslmode=require", f"?sslmode=verify-full&sslrootcert={certificate.cert}"]
    for query in [*queries, f"?sslmode=verify-ca&sslrootcert={certificate.cert}", "?ssl=require"]:
        async with connected(base + query) as connection:
            sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert await fetch_rows(connection, sql) == ({"ssl": True},), query


@pytest.mark.parametrize(
    ("host", "query", "problem"),
    [
        ("localhost", "sslmode=disable", "the server may want TLS: pass sslmode=require"),
        ("localhost", "sslmode=verify-full&sslrootcert={other}", "certificate verify failed"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={cert}", "connect by the name in the certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert={key}", "TLS failed with sslmode=verify-full"),
        ("localhost", "sslmode=verify-full", "root certificate file"),
        ("localhost", "sslmode=verify-full&sslrootcert=system", "certificate verify failed"),
    ],
)
async def test_each_tls_mismatch_names_its_mend(
    tls15: PostgresServer, certificate: Certificate, host: str, query: str, problem: str
) -> None:
    query = query.format(other=certificate.other, cert=certificate.cert, key=certificate.key)
    error = await failure(f"postgresql://postgres:{tls15.password}@{host}:{tls15.port}/postgres?{query}")
    assert problem in str(error)
    assert tls15.password not in str(error)


async def test_tls_demanded_of_a_server_without_it_is_told(postgres18: PostgresServer) -> None:
    error = await failure(postgres18.dsn() + "?sslmode=require")
    assert "the server does not offer TLS, and sslmode=require demands it" in str(error)


async def test_a_missing_line_in_pg_hba_is_told(postgres18: PostgresServer) -> None:
    with run_postgres(postgres18_bin(), hba="local all all trust\n") as server:
        error = await failure(server.dsn())
    assert 'no pg_hba.conf entry for host "127.0.0.1"' in str(error)


async def test_the_wish_for_a_standby_is_refused_by_a_primary(postgres18: PostgresServer) -> None:
    error = await failure(postgres18.dsn() + "?target_session_attrs=standby")
    assert isinstance(error, Unreachable)
    assert "the server is not standby" in str(error)


async def test_a_look_through_pgbouncer_leaves_no_setting_to_the_next_client(postgres18: PostgresServer) -> None:
    with run_pgbouncer(postgres18, {"default_pool_size": "1"}) as bouncer:
        sql = "SELECT pg_backend_pid() AS pid, current_setting('statement_timeout') AS timeout"
        async with connected(bouncer.dsn()) as connection:
            (ours,) = await fetch_rows(connection, sql)
        next_client = await postgres18.connect(port=bouncer.port, statement_cache_size=0)
        try:
            theirs = await next_client.fetchrow(sql + ", current_setting('transaction_read_only') AS read_only")
        finally:
            await next_client.close()
    assert ours["timeout"] == "2s"
    assert dict(theirs) == {"pid": ours["pid"], "timeout": "0", "read_only": "off"}


async def test_pgbouncers_own_refusals_are_told(pgbouncer: PgBouncer) -> None:
    assert "list the databases" in str(await failure(pgbouncer.dsn(database="nowhere")))
    assert "correct the password" in str(await failure(pgbouncer.dsn(password=PASSWORD)))


async def test_a_full_pgbouncer_and_a_full_server_behind_it_have_no_slot_left(small18: PostgresServer) -> None:
    with run_pgbouncer(small18, {"max_client_conn": "1"}) as bouncer:
        async with connected(bouncer.dsn()):
            error = await failure(bouncer.dsn())
    assert isinstance(error, NoSlotLeft)
    assert error.limit == "bouncer"
    with new_database(small18) as database, run_pgbouncer(small18) as bouncer:
        async with AsyncExitStack() as stack:
            await fill(stack, database)
            dsn = bouncer.dsn(database=database.name, user=database.user, password=database.password)
            error = await failure(dsn)
    assert isinstance(error, NoSlotLeft)
    assert error.limit == "reserved"


async def test_a_pooler_without_a_server_connection_is_given_up_in_time(small18: PostgresServer) -> None:
    with new_database(small18) as database, run_pgbouncer(small18) as bouncer:
        dsn = bouncer.dsn(database=database.name, user=database.user, password=database.password)
        async with connected(dsn) as connection, AsyncExitStack() as stack:
            assert len(await fetch_rows(connection, "SELECT 1")) == 1
            small18.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.user}'")
            await fill(stack, database)
            with pytest.raises(Unreachable, match="or a pooler has no free server connection"):
                await fetch_rows(connection, "SELECT 1", limits=QueryLimits(statement_s=0.05))
