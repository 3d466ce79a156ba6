"""The journal of a unit as a file: asked for as systemd wants it, and refused in words where it cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.deployment import journal
from forge_doctor.probes.deployment.journal import journal_of


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is the only one there is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin")
    return folder


def journalctl(programs: Path, script: str) -> None:
    path = programs / "journalctl"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_units_lines_come_with_their_times_and_nothing_else_is_asked(programs: Path, tmp_path: Path) -> None:
    journalctl(programs, f'echo "$@" > {tmp_path}/asked; echo "2026-11-22T03:02:10.000001+0000 shop[7]: ERROR x"')
    path = journal_of("shop.service", of_user=False, since_s=1800, folder=tmp_path)
    assert path.read_text() == "2026-11-22T03:02:10.000001+0000 shop[7]: ERROR x\n"
    asked = (tmp_path / "asked").read_text().split()
    assert {"--unit=shop.service", "--since=-1800s", "--no-pager"} <= set(asked)
    assert not {"--vacuum-size", "--rotate", "--flush", "--follow", "-f"} & set(asked)
    journal_of("shop.service", of_user=True, since_s=60, folder=tmp_path)
    assert "--user-unit=shop.service" in (tmp_path / "asked").read_text()


def test_a_refusal_is_told_in_its_own_words(programs: Path, tmp_path: Path) -> None:
    journalctl(programs, "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1")
    with pytest.raises(CannotInspect, match=r"insufficient permissions.*sudo forge-doctor triage"):
        journal_of("shop.service", of_user=False, since_s=60, folder=tmp_path)


def test_a_journal_that_never_answers_is_left(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journalctl(programs, "exec sleep 60")
    monkeypatch.setattr(journal, "TIMEOUT_S", 0.2)
    with pytest.raises(CannotInspect, match=r"the journal of shop\.service could not be read"):
        journal_of("shop.service", of_user=False, since_s=60, folder=tmp_path)


def test_without_the_program_it_says_what_to_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotInspect, match="pass --log FILE"):
        journal_of("shop.service", of_user=False, since_s=60, folder=tmp_path)
