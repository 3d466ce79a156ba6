"""What a command costs is that of all its processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.benchmarks.process_cost import peak_of_tree, run

MEGABYTES = 60
HOLD = f"import time; held = b'x' * {MEGABYTES * 1_000_000}; time.sleep(0.5)"
TWO = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}]); print('done')"


def test_the_cpu_time_and_output_are_those_of_all_processes(tmp_path: Path) -> None:
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]); print('done')"
    cost = run((sys.executable, "-c", nested), tmp_path)
    assert cost.output == b"done\n"
    assert cost.cpu_s >= 0.3
    assert cost.wall_s >= 0.3


def test_the_memory_of_a_child_belongs_to_the_tree(tmp_path: Path) -> None:
    assert peak_of_tree((sys.executable, "-c", TWO), tmp_path) > MEGABYTES * 1_000_000


def test_a_command_that_gives_no_answer_stops_the_benchmark_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exits 2: no answer"):
        run(("sh", "-c", "echo no answer >&2; exit 2"), tmp_path, accepted=(0, 1))
    assert run(("sh", "-c", "exit 1"), tmp_path, accepted=(0, 1)).output == b""


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(("sh", "-c", "sleep 60 & echo $! >child; wait"), tmp_path, limit_s=2)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)
