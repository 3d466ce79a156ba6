"""The log of an application that writes to nothing of its own: its unit's journal, its container's log, or why not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forge_doctor.probes.deployment.control_group import ControlGroup
from forge_doctor.probes.docker.inspection import Inspected
from forge_doctor.probes.processes.table import ProcessTable
from forge_doctor.triage.discovery.logs import Found, Surroundings, application_logs
from forge_doctor.triage.discovery.processes import Running

ID = "ab" * 32


def found(folder: Path, *containers: Inspected, **group: str) -> Found:
    running = Running(name="shop.main:app", server="uvicorn", workers=(), group=ControlGroup(**group), user="shop")  # type: ignore[arg-type]
    around = Surroundings(table=ProcessTable(), containers=containers, since_s=1800, folder=folder)
    return application_logs(running, around)


def test_a_units_log_is_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "journalctl"
    program.write_text("#!/bin/sh\necho '2026-11-22T03:02:10.000001+0000 shop[7]: ERROR x'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    (log,) = found(tmp_path, unit="shop.service").logs
    assert log.source == "the journal of shop.service"
    assert "ERROR x" in Path(log.word).read_text()


def test_a_containers_log_is_asked_of_its_engine(tmp_path: Path) -> None:
    (log,) = found(tmp_path, Inspected(id=ID, name="api-1"), container=ID).logs
    assert (log.word, log.source) == (ID, "the log of container api-1")


def test_an_engine_that_told_nothing_is_said(tmp_path: Path) -> None:
    (why,) = found(tmp_path, container=ID).missing
    assert f"the log of container {ID[:12]}" in why


def test_nothing_at_all_is_said_too(tmp_path: Path) -> None:
    assert found(tmp_path).missing == ("no process of it may be looked into",)
