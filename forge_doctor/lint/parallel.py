"""Shares the files of one run among processes; what each of them does is `lint/run.py`'s."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Finding, NotRun
from forge_doctor.lint.run import all_rules, run_lint
from forge_doctor.report import Report, sort_outcomes

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

# Below this a second process costs more than it saves: it opens the same project again.
FILES_PER_PROCESS = 200


def default_jobs(files: int) -> int:
    """Two where it pays, else one."""
    return 2 if files >= 2 * FILES_PER_PROCESS and (os.cpu_count() or 1) > 1 else 1


def run_shared(files: Sequence[Path], rules: Sequence[str], overlay: Mapping[Path, bytes], jobs: int) -> Report:
    """What `run_lint` gives, by so many processes; `rules` are ids, since checks do not travel.

    Raises `CannotInspect` where a process is ended from outside.
    """
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, -(-len(files) // jobs))
    # Neighbours stay together: they import the same modules.
    shares = [files[start : start + size] for start in range(0, len(files), size)]
    with ProcessPoolExecutor(jobs, mp_context=_context()) as pool:
        try:
            futures = [pool.submit(_run, share, tuple(rules), dict(overlay)) for share in shares]
            return _joined([future.result() for future in futures])
        except BrokenProcessPool as error:
            raise CannotInspect("a process was ended while it linted, perhaps for want of memory: --jobs 1") from error


def _run(files: Sequence[Path], rules: Sequence[str], overlay: Mapping[Path, bytes]) -> Report:
    return run_lint(files, [rule for rule in all_rules() if rule.id in rules], overlay=overlay)


def _context() -> BaseContext:
    import multiprocessing

    # What is imported already is there in a fork; elsewhere forks are not safe.
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _joined(reports: Sequence[Report]) -> Report:
    outcomes: list[Finding | NotRun] = []
    for report in reports:
        outcomes += (*report.findings, *report.not_run)
    findings, not_run = sort_outcomes(outcomes)
    inspected = {"files": sum(report.inspected["files"] for report in reports)}
    return replace(reports[0], findings=findings, not_run=not_run, inspected=inspected)
