"""A real service in a real container: its workers are found in their own network namespace."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.pool.topology import Told
from forge_doctor.probes.docker.containers import find_containers, read_container_processes
from tests.support.docker_engine import BridgePostgres, StartPatient
from tests.support.examination import examine, look, of, one, run_line, until

pytestmark = pytest.mark.docker


async def test_the_workers_of_a_container_hold_what_the_server_sees(
    bridge_postgres: BridgePostgres, patient_container: StartPatient
) -> None:
    patient = patient_container(bridge_postgres.dsn_from_container, workers=2)
    for _ in range(4):
        patient.get("/leak")
    inside = read_container_processes(find_containers([patient.name]))
    # On a slow machine they are three that have dawdled for as long as these checks ask, and one finding.
    others = {check: {"sessions": 99} for check in ("slow-code-in-transaction", "leaked-transactions")}
    limits = {"idle-in-transaction": {"idle_s": 0}, **others}
    report = await examine(
        bridge_postgres.server.dsn(), limits, containers=inside, told=Told(pool_size=2, max_overflow=2)
    )
    messages = [found.message for found in of(report, "idle-in-transaction")]
    assert messages
    assert all(f"(uvicorn tests.support.patient_app:app in {patient.name})" in message for message in messages)
    workers = [
        evidence
        for found in of(report, "pool-exceeds-slots")
        for evidence in found.evidence
        if evidence.label == "workers"
    ]
    assert workers == [] or workers[0].value == 2
    patient.container.pause()
    frozen = of(await examine(bridge_postgres.server.dsn(), containers=inside), "stopped-process")
    assert frozen
    assert all("frozen with its control group" in found.message for found in frozen)
    assert run_line(frozen[0].remedy) == 0
    patient.get("/worker")
    assert of(await examine(bridge_postgres.server.dsn(), containers=inside), "stopped-process") == ()
    assert run_line(frozen[0].remedy) != 0, "once it runs, nothing is typed twice"


async def test_a_container_that_vanished_leaves_an_orphan(
    bridge_postgres: BridgePostgres, patient_container: StartPatient
) -> None:
    patient = patient_container(bridge_postgres.dsn_from_container)
    patient.get("/leak")
    before = await look(bridge_postgres.server.dsn())
    assert [session.client_addr for session in before.sessions] == [patient.address]
    pid: Any = (
        patient.container.attrs["State"]["Pid"]
        or patient.container.client.api.inspect_container(patient.id)["State"]["Pid"]
    )
    # Down before it can say goodbye, as when a host or its network dies.
    subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", "link", "set", "eth0", "down"], check=True, timeout=10)
    patient.container.kill()
    await until(lambda: not Path(f"/proc/{pid}").exists())
    report = await examine(bridge_postgres.server.dsn(), {"orphaned-session": {"session_s": 0}})
    orphan = one(report, "orphaned-session")
    assert f"1 session from {patient.address} has no client any more" in orphan.message
    for session in before.sessions:
        bridge_postgres.server.sql(f"SELECT pg_terminate_backend({session.pid})")
