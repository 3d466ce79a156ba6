"""What discovery finds of an application in a container: by itself, and named by service, container or id."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.discover import discover
from forge_doctor.triage.facts import Case, Discovery
from tests.support.app_server import APPLICATION, ROOT
from tests.support.docker_engine import BridgePostgres, StartPatient

pytestmark = pytest.mark.docker
LABELS = {"com.docker.compose.project": "fd-triage", "com.docker.compose.service": "api-of-triage"}


def discovered(folder: Path, **asked: object) -> Discovery:
    return discover(Asked(**asked), folder, lambda _: None)  # type: ignore[arg-type]


def test_an_application_in_a_container_is_found_whole(
    patient_container: StartPatient, bridge_postgres: BridgePostgres, tmp_path: Path
) -> None:
    patient = patient_container(bridge_postgres.dsn_from_container, workers=2, labels=LABELS)
    patient.get("/healthy")
    name = patient.container.name
    found = [
        discovered(tmp_path, containers=("api-of-triage",)),
        discovered(tmp_path, targets=("api-of-triage",), environ={}),
        discovered(tmp_path, targets=(name,), environ={}),
        discovered(tmp_path, containers=(patient.container.id[:12],)),
    ]
    for each in found:
        (case,) = each.cases
        is_the_patient(case, bridge_postgres, patient.container.id, name)


def is_the_patient(case: Case, server: BridgePostgres, container: str, name: str) -> None:
    (one,) = case.applications
    assert one.name == APPLICATION
    assert (one.container, one.project, one.service) == (name, "fd-triage", "api-of-triage")
    assert len([worker for worker in one.workers if worker.role == "worker"]) == 2
    assert all(worker.container == container[:12] and worker.container_pid for worker in one.workers)
    assert case.target is not None
    assert (case.target.hosts[0].name, case.target.hosts[0].port) == (server.gateway, server.server.port)
    assert one.source is not None
    assert (str(one.source.here), one.source.seen) == (str(ROOT), str(ROOT))
    assert [log.word for log in one.logs] == [container]
    assert [log.kind for log in case.server_logs] == ["postgresql"]
