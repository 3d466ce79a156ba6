"""Reads the stacks of the processes a finding is about, with what can read them; asks none that nobody wants to know of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from forge_doctor.probes.application.call_stacks import ProcessStacks, Wanted
from forge_doctor.probes.application.stacks import read_threads
from forge_doctor.probes.application.tasks_314 import FIRST, python_version, read_tasks

# Whether a loop stands still is told by so many samples.
SAMPLES = 3


def read_stacks(wanted: Sequence[Wanted]) -> tuple[ProcessStacks, ...]:
    """What each is doing, or why that was not to be read; all at once, for each mostly waits."""
    if sys.platform != "linux" or not wanted:
        return ()
    with ThreadPoolExecutor(len(wanted)) as readers:
        return tuple(told for told in readers.map(_read, wanted) if told is not None)


def _read(one: Wanted) -> ProcessStacks | None:
    """None of a process that runs no Python."""
    version = python_version(one.pid)
    if version is None and not one.worker:
        return None
    samples = SAMPLES if one.blocked else 1
    if version is not None and version >= FIRST:
        told = read_tasks(one.pid, samples=samples, package=one.package)
        if not told.why_not or not (one.blocked or one.threads_tell):
            return told
        threads = read_threads(one.pid, samples=samples, package=one.package)
        return told if threads.why_not else threads
    if one.blocked or one.threads_tell:
        return read_threads(one.pid, samples=samples, package=one.package)
    named = f"Python {version[0]}.{version[1]}" if version else "its Python"
    return ProcessStacks(
        pid=one.pid,
        why_not=f"{named} does not tell its suspended tasks to anybody outside (3.14 does)",
        remedy="from forge_doctor.holders import install; install(engine)   # in the application: writes the lines down",
    )
