"""In which line each thread of a Python process stands, by py-spy; the process is not stopped, and runs nothing for it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from forge_doctor.extras import install_line
from forge_doctor.probes.application.call_stacks import ProcessStacks, ThreadStack, thread_stack
from forge_doctor.probes.processes.workers import CodeLine

NAME = "py-spy"
PAUSE_S = 0.1
TIMEOUT_S = 10.0
# Read while it runs: what does not fit together is read once more.
ATTEMPTS = 3

Threads = Mapping[int, tuple[str, tuple[CodeLine, ...]]]  # by the system's number, with their names


def read_threads(pid: int, *, samples: int, package: str = "") -> ProcessStacks:
    """The threads of one process, whatever its version of Python; `samples` are `PAUSE_S` apart."""
    program = _program()
    if program is None:
        return ProcessStacks(pid=pid, why_not="py-spy is not installed", remedy=install_line("stacks", [NAME]))
    taken: list[Threads] = []
    for number in range(samples):
        if number:
            time.sleep(PAUSE_S)
        found, problem = _dump(program, pid)
        if found is None:
            return _unread(pid, problem)
        taken.append(found)
    return ProcessStacks(pid=pid, tool=NAME, samples=samples, threads=tuple(threads_of(pid, taken, package)))


def threads_of(pid: int, taken: Sequence[Threads], package: str) -> Iterator[ThreadStack]:
    """Of those in the last sample the main one, and each other that stands in code of the application."""
    samples: defaultdict[int, list[tuple[CodeLine, ...]]] = defaultdict(list)
    for sample in taken:
        for number, (_, frames) in sample.items():
            samples[number].append(frames)
    for number, (name, _) in taken[-1].items():
        whole = len(samples[number]) == len(taken)
        main = number == pid or name == "MainThread"
        stack = thread_stack(samples[number], package=package, name=name, main=main)
        if stack.lines or main:
            yield stack if whole else ThreadStack(name=name, main=main, lines=stack.lines)


def _program() -> str | None:
    """Beside our own interpreter, on the path, or where its package says it lies."""
    found = shutil.which(NAME, path=str(Path(sys.executable).parent)) or shutil.which(NAME)
    if found is not None:
        return found
    try:
        files = distribution(NAME).files or ()
    except PackageNotFoundError:
        return None
    return next((str(path) for one in files if one.name == NAME and (path := Path(str(one.locate()))).is_file()), None)


def _dump(program: str, pid: int) -> tuple[Threads | None, str]:
    said = ""
    for _ in range(ATTEMPTS):
        try:
            done = subprocess.run(
                [program, "dump", "--nonblocking", "--json", "--pid", str(pid)],
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, str(error)
        if done.returncode == 0:
            try:
                return _threads(json.loads(done.stdout)), ""
            except (ValueError, KeyError, TypeError):
                said = "its answer could not be read"
                continue
        said = done.stderr.decode(errors="replace")
    return None, said


def _threads(answer: Any) -> Threads:
    return {
        one["os_thread_id"] or one["thread_id"]: (
            one["thread_name"] or "",
            tuple(
                CodeLine(file=frame["filename"], line=frame["line"], function=frame["name"]) for frame in one["frames"]
            ),
        )
        for one in answer
    }


def _unread(pid: int, said: str) -> ProcessStacks:
    if "permission denied" in said.lower() or "not permitted" in said.lower():
        return ProcessStacks(
            pid=pid,
            why_not="py-spy may not read its memory",
            remedy="run forge-doctor as root (sudo); in a container, with the capability SYS_PTRACE",
        )
    words = [line.strip() for line in said.splitlines() if line.strip()]
    return ProcessStacks(
        pid=pid,
        why_not=f"py-spy could not read it: {words[0][:160] if words else 'it said nothing'}",
        remedy=f"py-spy dump --pid {pid}",
    )
