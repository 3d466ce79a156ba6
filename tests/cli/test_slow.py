"""`forge-doctor slow` as it is typed: snapshots, bad input, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from forge_doctor.slow.record import dump
from tests.support.lint_command import completed
from tests.support.slow_snapshots import plan, scan, snapshot, statement, table


def slow(*arguments: str) -> subprocess.CompletedProcess[str]:
    return completed(Path.cwd(), "slow", *arguments, variables=os.environ)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    one = statement("SELECT r.id FROM r WHERE r.b = $1", 12, blocks=120_000, rows=24, total_ms=600.0)
    seen = snapshot(one, plans=(plan(one, scan("r", "(r.b = $1)", rows=2.0)),), tables=(table("r"),))
    path = tmp_path / "slow.json"
    path.write_text(dump(seen))
    return path


def test_a_snapshot_is_judged_without_a_server(saved: Path) -> None:
    told = slow("--snapshot", str(saved), "-f", "json")
    assert told.returncode == 1, told.stderr
    report = json.loads(told.stdout)
    assert [one["check"] for one in report["findings"]] == ["missing-index"]
    assert report["slow"]["statements"][0]["statement"] == "SELECT r.id FROM r WHERE r.b = $1"


def test_no_query_shows_none(saved: Path) -> None:
    told = slow("--snapshot", str(saved), "--no-query")
    assert "SELECT r.id" not in told.stdout
    assert "missing-index" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dsn", "postgresql://a@127.0.0.1:1/x"), "--dsn does not go with --snapshot"),
        (("--save", "x.json"), "--save does not go with --snapshot"),
        (("--select", "no-such"), "unknown check 'no-such'"),
        (("--top", "0"), "0"),
    ],
)
def test_what_can_not_be_meant(saved: Path, arguments: tuple[str, ...], words: str) -> None:
    told = slow("--snapshot", str(saved), *arguments)
    assert told.returncode == 2
    assert words in told.stderr
    assert "Traceback" not in told.stderr


def test_no_server_and_no_snapshot(tmp_path: Path) -> None:
    assert slow("--dsn", "postgresql://a@127.0.0.1:1/x").returncode == 3
    assert slow("--snapshot", str(tmp_path / "none")).returncode == 3
