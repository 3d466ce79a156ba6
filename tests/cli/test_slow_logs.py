"""`forge-doctor slow --log`: exit codes, what is said where nothing can be judged, and a snapshot replayed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.engine_logs import BARE, EngineLog

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CHILD = "SELECT shelves.id, shelves.hall_id \nFROM shelves \nWHERE $1::VARCHAR = shelves.hall_id"


def log(times: int) -> str:
    """One request that loads the shelves of so many halls."""
    written = EngineLog()
    written.begin()
    written.run("SELECT halls.id, halls.name \nFROM halls", "()")
    for number in range(times):
        written.run(CHILD, f"('hush {number}',)")
    written.end()
    return written.text(BARE["echo"])


@pytest.fixture
def slow(tmp_path: Path) -> Run:
    """Runs the command in a folder of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "forge_doctor", "slow", *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    return run


def test_a_finding_is_exit_1_and_no_value_is_shown(slow: Run, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(log(60))
    result = slow("--log", "app.log", "--save", "seen.json")
    assert result.returncode == 1
    assert "n-plus-one" in (result.stdout + result.stderr)
    assert "hush" not in result.stdout + result.stderr + (tmp_path / "seen.json").read_text()
    again = slow("--snapshot", "seen.json")
    assert (again.returncode, "n-plus-one" in again.stdout) == (1, True)


def test_what_no_log_can_tell_is_exit_3(slow: Run, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(log(1))
    result = slow("--log", "app.log")
    assert result.returncode == 3
    assert "no server was asked" in " ".join((result.stdout + result.stderr).split())


def test_a_log_without_sql_is_never_clean(slow: Run, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("2026-11-22 08:00:00,000 INFO shop ready\n" * 30)
    result = slow("--log", "app.log")
    assert result.returncode == 3
    assert "nothing to judge" in (result.stdout + result.stderr)
    assert "echo=True" in (result.stdout + result.stderr)


def test_a_log_that_is_not_there(slow: Run) -> None:
    result = slow("--log", "./gone.log")
    assert result.returncode == 3
    assert "no such file" in (result.stdout + result.stderr)


def test_a_log_beside_a_snapshot_is_a_mistake(slow: Run, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("{}")
    assert slow("--snapshot", "seen.json", "--log", "app.log").returncode == 2
