"""Real containers: found by every name they have, their workers' sockets joined with the server's sessions."""

from __future__ import annotations

import gc
import os
import uuid
from typing import Any

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.docker.containers import (
    Container,
    ContainerProcesses,
    _top_rows,
    find_containers,
    matching,
    read_container_processes,
)
from forge_doctor.probes.processes.scan import find_processes
from forge_doctor.probes.processes.workers import Endpoint, ProcessScan, Role
from tests.support.docker_engine import BridgePostgres, PatientContainer, StartContainer, StartPatient

pytestmark = pytest.mark.docker
SECRET = "hunter2-of-the-container"


def scan(database: BridgePostgres, patient: PatientContainer, *, clients: tuple[Endpoint, ...] = ()) -> ProcessScan:
    containers = read_container_processes(find_containers([patient.name]))
    return find_processes([database.server.host], database.server.port, containers=containers, clients=clients)


def sessions(database: BridgePostgres, application_name: str) -> set[tuple[str, int]]:
    rows = database.server.sql(
        f"SELECT host(client_addr), client_port FROM pg_stat_activity WHERE application_name = '{application_name}'"
    )
    return {(line.split("|")[0], int(line.split("|")[1])) for line in rows.splitlines()}


def test_workers_in_their_own_namespace_are_joined_with_their_sessions(
    bridge_postgres: BridgePostgres, patient_container: StartPatient
) -> None:
    environment = {"PATIENT_APPLICATION_NAME": "joined", "WEB_CONCURRENCY": "2", "API_TOKEN": SECRET}
    patient = patient_container(bridge_postgres.dsn_from_container, env=environment, labels={"token": SECRET})
    for _ in range(3):
        patient.get("/leak")
    found = scan(bridge_postgres, patient)
    workers = [process for process in found.processes if process.role is Role.WORKER]
    held = {(one.local.address, one.local.port) for worker in workers for one in worker.database_sockets}
    assert held == sessions(bridge_postgres, "joined")
    assert len(held) == 3
    assert {address for address, _ in held} == {patient.address}
    assert len(workers) == 2
    assert [process.web_concurrency for process in found.processes if process.role is Role.MASTER] == [2]
    assert {process.container for process in found.processes} == {patient.name}
    assert {process.container_pid for process in workers} >= {patient.get("/worker")["pid"]}
    assert {port.port for worker in workers for port in worker.listen} == {8000}
    assert found.blind_spots == ()
    assert SECRET not in repr(found)
    assert SECRET not in repr(read_container_processes(find_containers([patient.name])))
    assert bridge_postgres.server.password not in repr(found)
    _unnamed_it_is_found_by_its_sockets(bridge_postgres, patient)
    _elsewhere_it_is_known_by_name_alone(bridge_postgres, patient)


def _unnamed_it_is_found_by_its_sockets(database: BridgePostgres, patient: PatientContainer) -> None:
    found = find_processes([database.server.host], database.server.port)
    assert {process.container for process in found.processes} == {patient.id[:12]}
    assert sum(len(process.database_sockets) for process in found.processes) == 3


def _elsewhere_it_is_known_by_name_alone(database: BridgePostgres, patient: PatientContainer) -> None:
    """As from an engine on another machine: ps's lines, no sockets, and that is said."""
    (here,) = read_container_processes(find_containers([patient.name]))
    there = ContainerProcesses(container=here.container, table=here.table, counts=here.counts)
    found = find_processes(["192.0.2.1"], database.server.port, containers=[there])
    roles = [process.role for process in found.processes if process.container == patient.name]
    assert sorted(roles) == [Role.MASTER, Role.WORKER, Role.WORKER]
    assert any("its processes are not this machine's" in text for text in found.blind_spots)


def test_a_container_is_found_by_every_name_it_has(busybox_image: str, start_container: StartContainer) -> None:
    mark = uuid.uuid4().hex[:10]
    labels = {"com.docker.compose.project": f"shop-{mark}", "com.docker.compose.service": f"api-{mark}", "tier": mark}
    one = start_container(busybox_image, ["sleep", "60"], name=f"shop-{mark}-api-1", labels=labels)
    two = start_container(busybox_image, ["sleep", "60"], name=f"shop-{mark}-api-2", labels=labels)
    both = {one.id, two.id}
    for name in (f"shop-{mark}", f"api-{mark}", f"tier={mark}"):
        assert {container.id for container in find_containers([name])} == both
    for name in (one.name, one.id, one.id[:12]):
        assert [container.id for container in find_containers([name])] == [one.id]
    assert len(find_containers([one.name, f"shop-{mark}"])) == 2
    (described,) = find_containers([two.name])
    assert (described.project, described.service) == (f"shop-{mark}", f"api-{mark}")
    assert described.addresses


def test_a_name_that_means_nothing_is_refused_with_the_nearest(
    busybox_image: str, start_container: StartContainer
) -> None:
    name = f"orders-{uuid.uuid4().hex[:10]}-api-1"
    start_container(busybox_image, ["sleep", "60"], name=name)
    with pytest.raises(UsageProblem) as caught:
        find_containers([f"{name}x"])
    assert str(caught.value).startswith(f"--container {name}x: no such container, compose service, project or label")
    assert str(caught.value).endswith(f"; did you mean {name!r}?")


def test_the_beginning_of_several_ids_is_refused() -> None:
    known = [Container(id=f"abcd{end}", name=f"shop-{end}") for end in "12"]
    with pytest.raises(UsageProblem, match=r"^--container abcd: begins the ids of 2 containers; give more of it$"):
        matching("abcd", known, "--container abcd")
    assert matching("abcd2", known, "abcd2") == (known[1],)


def test_an_id_may_be_begun_by_few_characters_but_a_service_s_name_comes_first() -> None:
    known = [
        Container(id="db1f", name="shop-api-1", service="api"),
        Container(id="e0aa", name="shop-db-1", service="db"),
    ]
    assert matching("e", known, "e") == (known[1],)
    assert matching("db1", known, "db1") == (known[0],)
    assert matching("db", known, "db") == (known[1],)
    assert matching("f", known, "f") == ()


def test_a_stopped_container_is_said_to_be_stopped(busybox_image: str, start_container: StartContainer) -> None:
    stopped = start_container(busybox_image, ["true"])
    stopped.wait(timeout=20)
    with pytest.raises(
        CannotInspect, match=rf"--container {stopped.name}: is not running \({stopped.name}: Exited \(0\)"
    ):
        find_containers([stopped.name])
    assert [container.running for container in find_containers([stopped.name], running=False)] == [False]


def test_a_container_without_application_or_connection_is_a_blind_spot(
    busybox_image: str, start_container: StartContainer
) -> None:
    idle = start_container(busybox_image, ["sleep", "60"])
    found = find_processes([], 5432, containers=read_container_processes(find_containers([idle.name])))
    assert any(idle.name in text and "no application server" in text for text in found.blind_spots)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the SDK forgets a socket it could not connect
@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("unix:///nowhere/docker.sock", "no Docker Engine answers; start it, or set DOCKER_HOST"),
        ("tcp://127.0.0.1:9", "no Docker Engine answers; start it, or set DOCKER_HOST"),
        ("nonsense://", "the Docker Engine refused: "),
    ],
)
def test_no_engine_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch, host: str, said: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert said in _refusal()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_socket_we_may_not_open_is_said_with_the_mend(docker_engine: Any) -> None:
    find_containers([])  # whatever is imported late must be, before root's files are out of reach
    os.seteuid(65534)
    try:
        assert "no permission to use the Docker Engine's socket" in _refusal()
    finally:
        os.seteuid(0)


def _refusal() -> str:
    with pytest.raises(CannotInspect) as caught:
        find_containers(["shop"])
    message = str(caught.value)
    del caught
    gc.collect()
    return message


def test_the_processes_are_read_as_docker_and_as_podman_tell_them() -> None:
    """Podman 4.3 hands on the lines of ps: one title and one cell."""
    docker = {"Titles": ["PID", "PPID", "COMMAND"], "Processes": [["41", "1", "uvicorn shop.main:app --port 80"]]}
    podman = {"Titles": ["PID    PPID COMMAND"], "Processes": [["41       1 uvicorn shop.main:app --port 80"]]}
    expected = [(41, 1, ("uvicorn", "shop.main:app", "--port", "80"), None)]
    assert [*_top_rows(docker)] == [*_top_rows(podman)] == expected
    assert not [*_top_rows({"Titles": ["PID    PPID COMMAND"], "Processes": None})]
