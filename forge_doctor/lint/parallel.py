"""Shares the files of one run among processes; what each of them does is `lint/run.py`'s."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from forge_doctor.code.semantics.names.outline import Surfaces
from forge_doctor.errors import CannotInspect
from forge_doctor.lint.cache.file_result import FileResult
from forge_doctor.lint.judge import Projects, Rule, all_rules, lint_files
from forge_doctor.worker_processes import pool_context

# Below this a second process costs more than it saves: it opens the same project again.
FILES_PER_PROCESS = 200
# So many at a time: neighbours import the same modules, and no process waits long for the other at the end.
FILES_AT_A_TIME = 32
_kept: list[tuple[Projects, tuple[Rule, ...]]] = []


def default_jobs(files: int) -> int:
    """Two where it pays, else one."""
    return 2 if files >= 2 * FILES_PER_PROCESS and (os.cpu_count() or 1) > 1 else 1


def lint_shared(
    files: Sequence[Path],
    rules: Sequence[str],
    overlay: Mapping[Path, bytes],
    surfaces: Mapping[Path, Surfaces],
    jobs: int,
) -> tuple[FileResult, ...]:
    """What `lint_files` gives, by so many processes; `rules` are ids, since checks do not travel.

    Raises `CannotInspect` where a process is ended from outside.
    """
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    size = min(FILES_AT_A_TIME, max(1, -(-len(files) // jobs)))
    shares = [files[start : start + size] for start in range(0, len(files), size)]
    given = (tuple(rules), dict(overlay), surfaces)
    with ProcessPoolExecutor(jobs, mp_context=pool_context(), initializer=_start, initargs=given) as pool:
        try:
            return tuple(result for share in pool.map(_run, shares) for result in share)
        except BrokenProcessPool as error:
            raise CannotInspect("a process was ended while it linted, perhaps for want of memory: --jobs 1") from error


def _start(rules: Sequence[str], overlay: Mapping[Path, bytes], surfaces: Mapping[Path, Surfaces]) -> None:
    gc.disable()  # as `without_collector`, for the life of the process
    chosen = tuple(rule for rule in all_rules() if rule.id in rules)
    _kept.append((Projects(None, overlay, surfaces), chosen))


def _run(files: Sequence[Path]) -> tuple[FileResult, ...]:
    projects, rules = _kept[-1]
    return tuple(lint_files(files, rules, projects))
