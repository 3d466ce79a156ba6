"""Whose connections lead to this database server, through which address, and what could not be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from forge_doctor.probes.processes import table as process_table
from forge_doctor.probes.processes.network.sockets import held_inodes
from forge_doctor.probes.processes.network.tcp_diagnosis import Diagnosis, diagnose
from forge_doctor.probes.processes.scan import find_processes
from forge_doctor.probes.processes.workers import Endpoint, Process, ProcessScan, Role
from tests.support.app_server import APPLICATION, StartApp, sleeps, wait_for
from tests.support.postgres import FreshDatabase, PostgresServer


def test_a_server_without_a_connection_to_this_database_is_set_apart(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, app_server: StartApp
) -> None:
    idle = app_server(fresh_database18.dsn())
    scan = find_processes([postgres18.host], postgres18.port)
    assert idle.pid not in {process.pid for process in scan.processes}
    assert idle.pid in scan.unmatched
    idle.get("/healthy")
    scan = find_processes([postgres18.host], postgres18.port)
    assert idle.pid in {process.pid for process in scan.processes}


def test_counts_requests_in_flight_and_connections_nobody_accepts(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, app_server: StartApp
) -> None:
    server = app_server(fresh_database18.dsn())
    server.get("/healthy")
    server.send("/idle-in-transaction")
    server.send("/idle-in-transaction")
    holding = wait_for(lambda: _worker(postgres18, server.pid, requests=2), 10)
    assert holding is not None
    server.send("/block-loop?seconds=60")
    assert wait_for(lambda: _worker(postgres18, server.pid, requests=3), 10) is not None
    assert wait_for(lambda: sleeps(server.pid), 10)  # accepted is not yet running
    for _ in range(3):
        server.send("/worker")
    blocked = find_processes([postgres18.host], postgres18.port)
    (worker,) = [process for process in blocked.processes if process.pid == server.pid]
    (listener,) = worker.listen
    assert worker.requests_in_flight == 3
    assert worker.requests_exact
    assert listener.accept_queue == 3
    assert listener.backlog is not None
    assert listener.backlog > 3
    assert listener.established == 6


def test_a_request_that_ended_since_the_sockets_were_listed_leaves_the_others_counted(
    postgres18: PostgresServer,
    fresh_database18: FreshDatabase,
    app_server: StartApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = app_server(fresh_database18.dsn())
    for _ in range(2):
        server.send("/idle-in-transaction")
    assert wait_for(lambda: _worker(postgres18, server.pid, requests=2), 10) is not None
    own = held_inodes(server.pid) or frozenset()
    monkeypatch.setattr(
        "forge_doctor.probes.processes.scan.diagnose", lambda pid: _without_one_request(diagnose(pid), own)
    )
    found = _worker(postgres18, server.pid, requests=1)
    assert found is not None
    assert found.requests_exact


def _without_one_request(told: Mapping[int, Diagnosis], own: frozenset[int]) -> dict[int, Diagnosis]:
    ended = next(inode for inode in own & told.keys() if told[inode].unanswered and told[inode].awaits_answer)
    return {inode: one for inode, one in told.items() if inode != ended}


def test_a_connection_kept_alive_without_a_request_is_not_in_flight(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, app_server: StartApp
) -> None:
    server = app_server(fresh_database18.dsn())
    server.send("/healthy")  # is answered; the connection stays open
    server.send("/idle-in-transaction")
    worker = wait_for(lambda: _worker(postgres18, server.pid, requests=1), 10)
    assert worker is not None
    assert worker.requests_exact
    assert [listener.established for listener in worker.listen] == [2]


def _sessions(database: FreshDatabase) -> frozenset[tuple[str, int]]:
    rows = database.sql(
        "SELECT host(client_addr), client_port FROM pg_stat_activity "
        f"WHERE datname = '{database.name}' AND client_port > 0 AND pid <> pg_backend_pid()"
    )
    return frozenset((line.split("|")[0], int(line.split("|")[1])) for line in rows.splitlines())


def _clients(processes: Iterable[Process]) -> set[tuple[str, int]]:
    return {(one.local.address, one.local.port) for process in processes for one in process.database_sockets}


def _worker(server: PostgresServer, pid: int, requests: int) -> Process | None:
    processes = find_processes([server.host], server.port).processes
    return next((one for one in processes if one.pid == pid and _busy(one) == (requests, 2)), None)


def _busy(process: Process) -> tuple[int, int]:
    return process.requests_in_flight, len(process.database_sockets)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["localhost"], [], ["/var/run/postgresql"]])
def test_the_server_is_recognised_by_whatever_name_it_was_dialled(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, addresses: list[str]
) -> None:
    with _client(fresh_database18) as client:
        assert client.pid in {process.pid for process in find_processes(addresses, postgres18.port).processes}
        assert find_processes(["192.0.2.1"], postgres18.port).processes == ()
        assert find_processes(addresses, postgres18.port + 1).processes == ()


def test_a_connection_the_server_reports_is_found_whatever_address_it_went_to(
    postgres18: PostgresServer, fresh_database18: FreshDatabase
) -> None:
    with _client(fresh_database18) as client:
        (session,) = _sessions(fresh_database18)
        reported = [Endpoint(address=session[0], port=session[1])]
        scan = find_processes(["192.0.2.1"], postgres18.port, clients=reported)
        assert [process.pid for process in scan.processes] == [client.pid]


@contextmanager
def _client(database: FreshDatabase) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is no server, with its password on its command line."""
    source = (
        "import asyncio, asyncpg, sys\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    print('connected', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", source, database.dsn()], stdout=subprocess.PIPE) as client:
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == b"connected\n"
            yield client
        finally:
            client.kill()


def test_other_programs_that_hold_connections_are_named_without_their_arguments(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, tmp_path: Path
) -> None:
    psql = [str(postgres18.bin_dir / "psql"), "-X", fresh_database18.dsn()]
    with (
        _client(fresh_database18) as client,
        subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as shell,
        subprocess.Popen(["tail", "-F", str(tmp_path / "uvicorn.log")], stderr=subprocess.DEVNULL) as tail,
    ):
        try:
            found = wait_for(lambda: _named(postgres18, {client.pid, shell.pid}), 10)
            assert found is not None
            names = {process.pid: process.name for process in found.processes}
            assert names[client.pid] == f"{Path(sys.executable).name} -c"
            assert names[shell.pid] == "psql"
            assert {process.role for process in found.processes} == {Role.OTHER}
            assert tail.pid not in {*(process.pid for process in found.processes), *found.unmatched}
            assert fresh_database18.password not in repr(found)
        finally:
            for process in (shell, tail):
                process.kill()


def _named(server: PostgresServer, pids: set[int]) -> ProcessScan | None:
    scan = find_processes([server.host], server.port)
    return scan if pids <= {process.pid for process in scan.processes} else None


def test_our_own_connection_is_not_counted(postgres18: PostgresServer, fresh_database18: FreshDatabase) -> None:
    import socket

    with socket.create_connection((postgres18.host, postgres18.port)):
        assert find_processes([postgres18.host], postgres18.port).processes == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_another_user_may_not_read_is_said(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, app_server: StartApp
) -> None:
    server = app_server(fresh_database18.dsn(), workers=2)
    server.get("/leak")
    with _client(fresh_database18), _as_nobody():
        scan = find_processes([postgres18.host], postgres18.port)
    said = "; ".join(scan.blind_spots)
    assert not any(process.database_sockets for process in scan.processes)
    assert f"processes of user root (uvicorn {APPLICATION}) cannot be read by nobody; run as root" in said
    assert "2 connections to the database belong to processes of user root" in said


@contextmanager
def _as_nobody() -> Iterator[None]:
    find_processes([], 1)  # whatever is imported late must be, before root's files are out of reach
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_without_proc_psutil_finds_the_same_workers(
    postgres18: PostgresServer, fresh_database18: FreshDatabase, app_server: StartApp
) -> None:
    server = app_server(fresh_database18.dsn(), workers=2)
    for worker in server.workers:
        server.get("/leak", worker=worker)
    by_proc = find_processes([postgres18.host], postgres18.port)
    by_psutil = find_processes([postgres18.host], postgres18.port, table=process_table.read_with_psutil())
    assert _clients(by_psutil.processes) == _clients(by_proc.processes) == set(_sessions(fresh_database18))
    assert [(one.pid, one.role) for one in by_psutil.processes] == [(one.pid, one.role) for one in by_proc.processes]
    assert any("no /proc" in text for text in by_psutil.blind_spots)
