"""Every kind of application server at once on one machine: who is master, who is worker, whose are the sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
import pytest

from forge_doctor.probes.processes.scan import find_processes
from forge_doctor.probes.processes.workers import Process, ProcessScan, Role
from tests.support.app_server import APPLICATION, AppServer, StartApp, running_apps
from tests.support.postgres import FreshDatabase, PostgresServer, new_database

# kind, workers, server as classified, application as shown, has a master
KINDS = [
    ("uvicorn", 1, "uvicorn", APPLICATION, False),
    ("uvicorn", 2, "uvicorn", APPLICATION, True),
    ("uvicorn-env", 2, "uvicorn", APPLICATION, True),
    ("uvicorn-reload", 1, "uvicorn", APPLICATION, True),
    ("uvicorn-in-shell", 1, "uvicorn", APPLICATION, False),
    ("gunicorn", 2, "gunicorn", APPLICATION, True),
    ("gunicorn-plain", 1, "gunicorn", APPLICATION, True),
    ("hypercorn", 1, "hypercorn", APPLICATION, True),
    ("granian", 1, "granian", APPLICATION, True),
    ("fastapi-run", 2, "fastapi", "patient_app.py", True),
    ("fastapi-dev", 1, "fastapi", "patient_app.py", True),
    ("programmatic", 1, "python", "patient_app.py", False),
]
IDS = [f"{kind}-{workers}" for kind, workers, *_ in KINDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Every kind of server at once on one database, each worker holding one leaked session, and one look at them."""

    servers: tuple[AppServer, ...]
    scan: ProcessScan
    sessions: frozenset[tuple[str, int]]
    password: str

    def family(self, server: AppServer) -> list[Process]:
        started = {server.pid, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))}
        return [process for process in self.scan.processes if process.pid in started]


@pytest.fixture(scope="module")
def crowd(postgres18: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    with ExitStack() as stack:
        database = stack.enter_context(new_database(postgres18))
        start = stack.enter_context(running_apps(folder))
        with ThreadPoolExecutor(4) as threads:
            servers = tuple(threads.map(lambda each: _start(start, database, each[0], each[1]), KINDS))
        for server in servers:
            for worker in server.workers:
                server.get("/leak", worker=worker)
        scan = find_processes([postgres18.host], postgres18.port)
        yield Crowd(servers=servers, scan=scan, sessions=_sessions(database), password=database.password)


def _start(start: StartApp, database: FreshDatabase, kind: str, workers: int) -> AppServer:
    return start(database.dsn(), kind, workers=workers, env={"WEB_CONCURRENCY": "2"} if kind == "uvicorn-env" else {})


def _sessions(database: FreshDatabase) -> frozenset[tuple[str, int]]:
    rows = database.sql(
        "SELECT host(client_addr), client_port FROM pg_stat_activity "
        f"WHERE datname = '{database.name}' AND client_port > 0 AND pid <> pg_backend_pid() "
        "AND application_name <> 'forge-doctor'"  # a test beside this one may look at all workers here
    )
    return frozenset((line.split("|")[0], int(line.split("|")[1])) for line in rows.splitlines())


def _clients(processes: Iterable[Process]) -> set[tuple[str, int]]:
    return {(one.local.address, one.local.port) for process in processes for one in process.database_sockets}


@pytest.mark.parametrize(("number", "expected"), list(enumerate(KINDS)), ids=IDS)
def test_every_server_is_classified_by_its_own_habits(
    crowd: Crowd, number: int, expected: tuple[str, int, str, str, bool]
) -> None:
    _, workers, server, application, has_master = expected
    family = crowd.family(crowd.servers[number])
    assert {process.pid for process in family if process.role is Role.WORKER} == set(crowd.servers[number].workers)
    assert sum(process.role is Role.MASTER for process in family) == has_master
    assert len(family) == workers + has_master
    assert {(process.server, process.application) for process in family} == {(server, application)}


@pytest.mark.parametrize("number", range(len(KINDS)), ids=IDS)
def test_every_worker_holds_its_own_session_and_listens(crowd: Crowd, number: int) -> None:
    server = crowd.servers[number]
    for process in crowd.family(server):
        if process.role is Role.WORKER:
            assert len(process.database_sockets) == 1
            assert server.port in {listener.port for listener in process.listen}
        else:
            assert process.database_sockets == ()


def test_every_session_the_server_reports_is_joined_with_one_worker(crowd: Crowd) -> None:
    assert len(crowd.sessions) == sum(len(server.workers) for server in crowd.servers)
    assert crowd.sessions <= _clients(crowd.scan.processes)


def test_worker_counts_are_read_from_flags_and_environment(crowd: Crowd) -> None:
    by_kind = {IDS[number]: crowd.servers[number] for number in range(len(KINDS))}
    heads = {process.pid: process for process in crowd.scan.processes}
    assert heads[by_kind["uvicorn-2"].pid].workers_flag == 2
    assert heads[by_kind["uvicorn-env-2"].pid].web_concurrency == 2
    assert heads[by_kind["uvicorn-env-2"].pid].workers_flag is None
    assert heads[by_kind["gunicorn-plain-1"].pid].workers_flag == 1
    assert heads[by_kind["uvicorn-1"].pid].web_concurrency is None


def test_nothing_secret_is_carried_out(crowd: Crowd) -> None:
    assert len(crowd.password) > 8
    assert crowd.password not in repr(crowd.scan)
    assert crowd.scan.blind_spots == ()
