"""Sharing the files among processes changes nothing but the time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.lint.parallel import FILES_PER_PROCESS, default_jobs
from tests.support.lint_command import command, environment

FAULTY = "from app.db import Own\n\n\nasync def save(db: Own) -> None:\n    db.commit()\n"


def told(folder: Path, jobs: int) -> dict[str, Any]:
    # A process of its own: forking one that has threads, as a test runner may, is not safe.
    ran = subprocess.run(
        command("--jobs", str(jobs), "-f", "json"), cwd=folder, env=environment(), capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, b"")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_several_processes_tell_what_one_tells(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/db.py").write_text(
        "from sqlalchemy.ext.asyncio import AsyncSession\nclass Own(AsyncSession): ...\n"
    )
    for number in range(15):
        (tmp_path / f"app/save_{number}.py").write_text(FAULTY)
    alone = told(tmp_path, 1)
    assert len(alone["findings"]) == 15
    for jobs in (2, 4):
        shared = told(tmp_path, jobs)
        assert shared["findings"] == alone["findings"]
        assert shared["inspected"] == alone["inspected"] == {"files": 16}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_the_process_that_begins_others_is_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    for number in range(20):
        (tmp_path / f"save_{number}.py").write_text("import sqlalchemy\n")
    counted = (
        "import os, sys; from forge_doctor.cli import main; "
        "os.register_at_fork(after_in_parent=lambda: print('forked', file=sys.stderr)); main()"
    )
    line = [sys.executable, "-c", counted, "lint", "--no-cache", "--jobs", "3"]
    ran = subprocess.run(line, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("forked") == 2


def test_a_second_process_is_started_only_for_many_files() -> None:
    assert default_jobs(2 * FILES_PER_PROCESS - 1) == 1
    assert default_jobs(1) == 1
