"""What is printed to be typed at a shell ends the process that was meant, and no other that has its number now."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from forge_doctor.pool.remedies import end_process

PROGRAM = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started
        started.kill()


def line(pid: int, seen_s_ago: float) -> list[str]:
    seen_at = (datetime.now(UTC) - timedelta(seconds=seen_s_ago)).isoformat(timespec="seconds")
    return ["sh", "-c", end_process(pid, seen_at, "why")]


def test_the_process_that_was_seen_is_ended(process: subprocess.Popen[str]) -> None:
    time.sleep(2.1)  # whole seconds are compared
    assert subprocess.run(line(process.pid, 0.0), check=False).returncode == 0
    assert process.wait(20) == -15


def test_one_that_began_later_with_the_same_number_is_left(process: subprocess.Popen[str]) -> None:
    assert subprocess.run(line(process.pid, 3600.0), check=False).returncode != 0
    assert process.poll() is None


def test_a_number_that_is_nobodys_ends_nothing(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(20)
    assert subprocess.run(line(process.pid, 0.0), check=False, capture_output=True).returncode != 0
