"""What discovery finds of an application in a container: by itself, and named by service, container or id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.discovery.discover import discover
from forge_doctor.triage.facts import Case, Discovery
from tests.cli.test_triage import triage
from tests.support.app_server import APPLICATION, ROOT
from tests.support.docker_engine import BridgePostgres, StartPatient, wait_until

pytestmark = pytest.mark.docker
LEAKED = 4
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


@pytest.mark.slow
def test_an_incident_in_a_container_is_diagnosed_by_its_service_alone(
    patient_container: StartPatient, bridge_postgres: BridgePostgres, tmp_path: Path
) -> None:
    patient = patient_container(bridge_postgres.dsn_from_container, labels=LABELS)
    for _ in range(LEAKED):
        patient.get("/leak")
    soon = tmp_path / "forge-doctor.toml"
    soon.write_text("limits.leaked-transactions = { idle_s = 0.2, sure_s = 0.3 }\n", encoding="utf-8")
    old = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND now() - state_change > '1s'"
    assert wait_until(lambda: bridge_postgres.server.sql(old).strip() == str(LEAKED), 60)
    done = triage("api-of-triage", "--config", str(soon), "-f", "json")
    document = json.loads(done.stdout)
    (found,) = (one for one in document["diagnoses"] if one["cause"] == "leaked-session")
    assert len(found["sessions"]) == LEAKED
    assert {one["worker"] for one in found["holders"]} <= {one["pid"] for one in document["workers"]}
    assert {one["container"] for one in document["workers"]} == {patient.container.id[:12]}
    assert document["applications"][0]["compose_service"] == "api-of-triage"


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
