"""Runs a command and says what it cost: time, CPU of all its processes, and memory; judges no figure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A child's peak memory begins with that of the process that started it: so a small one starts it.
LAUNCHER = """
import os, sys, time
# Programs are timed as they are used: with their compiled modules kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
report = os.open(sys.argv[1], os.O_WRONLY)
began = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
wall = time.perf_counter() - began
code = os.waitstatus_to_exitcode(status)
os.write(report, f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * 1024} {code}".encode())
"""
# Asking for shared pages costs the kernel about a millisecond a process.
SAMPLE_S = 0.05
OUTPUT_BYTES = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One run: `cpu_s` is that of all its processes, `peak_bytes` that of the largest one."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: bytes


def run(
    command: Sequence[str],
    folder: Path,
    *,
    accepted: Iterable[int] = (0,),
    environment: Mapping[str, str] | None = None,
    limit_s: float | None = None,
) -> Cost:
    """Run it once; raises with its words where its exit code is no answer, `TimeoutExpired` where it takes too long."""
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        tempfile.NamedTemporaryFile() as report,
    ):
        launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, report.name, *command]
        with subprocess.Popen(
            launch, stdout=output, stderr=errors, cwd=folder, env=environment, start_new_session=True
        ) as process:
            wait(process, limit_s)
        wall, cpu, peak, code = report.read().decode().split()
        output.seek(0)
        said = output.read(OUTPUT_BYTES)
        if int(code) not in accepted:
            errors.seek(0)
            words = (errors.read() or said).decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command)} exits {code}: {words}")
        return Cost(wall_s=float(wall), cpu_s=float(cpu), peak_bytes=int(peak), output=said)


def wait(process: subprocess.Popen[bytes], limit_s: float | None) -> None:
    """Wait for its end; kills it with all that it started, and raises, where it is not left to end in time."""
    try:
        process.wait(limit_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def peak_of_tree(command: Sequence[str], folder: Path, *, environment: Mapping[str, str] | None = None) -> int:
    """The most memory that the process and its descendants had at once, shared pages counted once, by sampling."""
    import psutil

    peak = 0
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, memory_of_tree(root))
            time.sleep(SAMPLE_S)
    return peak


def memory_of_tree(root: object) -> int:
    """What it and its descendants have now; those that end meanwhile have nothing."""
    import psutil

    assert isinstance(root, psutil.Process)
    total = 0
    try:
        members = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for one in members:
        try:
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return total
