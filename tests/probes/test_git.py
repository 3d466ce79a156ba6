"""Asking a real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.probes.git import ask_git
from tests.support.git_repository import new_repository


def test_an_answer_is_gits_own_output(tmp_path: Path) -> None:
    new_repository(tmp_path).write("a.py")
    answer = ask_git(tmp_path, "ls-files", "--others", "-z")
    assert answer.ok
    assert answer.out == b"a.py\0"


def test_a_refusal_keeps_gits_reason_on_one_line(tmp_path: Path) -> None:
    answer = ask_git(tmp_path, "status")
    assert not answer.ok
    assert answer.reason.startswith("not a git repository")


def test_a_missing_git_is_an_answer_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = ask_git(tmp_path, "status")
    assert answer.status == -1
    assert answer.reason == "git cannot be started: No such file or directory"
