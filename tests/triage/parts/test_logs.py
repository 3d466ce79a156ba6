"""The part `logs`: silence is no failure, what is missing is, and only the time that was asked for counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.report import Report
from forge_doctor.triage.facts import APPLICATION, LogSource
from forge_doctor.triage.looks import WantedLogs
from forge_doctor.triage.parts.logs import look

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC).timestamp()


def read(*paths: Path, **wanted: float) -> Report:
    logs = tuple(LogSource(word=str(path), kind=APPLICATION) for path in paths)
    return look(WantedLogs(logs=logs, since=NOW - 1800, now=NOW, **wanted))  # type: ignore[arg-type]


def test_a_service_that_never_complained_is_no_log_that_could_not_be_read(tmp_path: Path) -> None:
    silent, told = tmp_path / "err.log", tmp_path / "app.log"
    silent.touch()
    assert read(silent).not_run == ()
    told.write_text("2026-11-22 03:20:00,000 ERROR [a] deadlock detected\n")
    both = read(silent, told)
    assert both.not_run == ()
    assert len(both.findings) == 1


def test_no_log_and_one_that_is_gone_are_told(tmp_path: Path) -> None:
    with pytest.raises(CannotInspect, match="pass --log FILE"):
        read()
    assert read(tmp_path / "gone.log").not_run


def test_what_is_older_and_what_is_of_another_zone_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("2026-11-22 02:00:00,000 ERROR [a] deadlock detected\n")
    assert read(log).findings == ()
    # In Paris it was three when it was two in London.
    log.write_text("2026-11-22 04:20:00,000 ERROR [a] deadlock detected\n")
    assert len(read(log, zone_s=3600.0).findings) == 1
