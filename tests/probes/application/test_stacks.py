"""What cannot be read is said, with what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forge_doctor.probes.application import process_stacks, stacks
from forge_doctor.probes.application.call_stacks import Wanted
from forge_doctor.probes.application.process_stacks import read_stacks
from forge_doctor.probes.application.stacks import read_threads
from forge_doctor.probes.application.tasks_314 import python_version, read_tasks
from tests.support.python_314 import python_314


def test_without_py_spy_its_install_line_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_program", lambda: None)
    told = read_threads(os.getpid(), samples=1)
    assert "not installed" in told.why_not
    assert "pip install" in told.remedy


@pytest.mark.parametrize(
    ("says", "why_not", "remedy"),
    [
        ("Error: Permission Denied: Try running again with sudo", "may not read its memory", "sudo"),
        ("Error: Failed to find python version from target process", "Failed to find python", "py-spy dump --pid 7"),
        ("", "it said nothing", "py-spy dump --pid 7"),
    ],
)
def test_what_py_spy_says_where_it_fails(tmp_path: Path, says: str, why_not: str, remedy: str) -> None:
    program = tmp_path / "py-spy"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stacks, "_program", lambda: str(program))
        told = read_threads(7, samples=1)
    assert why_not in told.why_not
    assert remedy in told.remedy


def test_a_version_that_tells_no_tasks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_stacks, "python_version", lambda _pid: (3, 13))
    (told,) = read_stacks([Wanted(pid=7, sessions=True, threads_tell=False)])
    assert told.why_not.startswith("Python 3.13 does not tell")
    assert "install(engine)" in told.remedy


def test_what_runs_no_python_is_not_spoken_of() -> None:
    sleeping = subprocess.Popen(["sleep", "60"])
    try:
        assert read_stacks([Wanted(pid=sleeping.pid, worker=False, sessions=True)]) == ()
    finally:
        sleeping.kill()
        sleeping.wait()


def test_the_version_is_told_by_the_executable() -> None:
    assert python_version(os.getpid()) == sys.version_info[:2]


def test_a_process_that_ended_meanwhile_is_said_to_be_unread() -> None:
    program, _ = python_314()
    ended = subprocess.Popen([program, "-c", "import time; time.sleep(600)"])
    assert python_version(ended.pid) == (3, 14)
    ended.kill()
    ended.wait()
    assert read_tasks(ended.pid, samples=1).why_not
