"""Shares the files of one run among processes, of which the one that begins them is one; what each of them does is
`lint/judge.py`'s."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.code.semantics.names.outline import Surfaces
from forge_doctor.errors import CannotInspect
from forge_doctor.lint.cache.file_result import FileResult
from forge_doctor.lint.judge import Projects, Rule, all_rules, lint_files, without_collector
from forge_doctor.worker_processes import pool_context

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

# Below this a second process costs more than it saves: it opens the same project again.
FILES_PER_PROCESS = 200
# So many at a time: no process waits long for the other at the end.
FILES_AT_A_TIME = 8
# Of files that others ask for: less than one process alone, since all have trees of the same.
MOST_WANTED_BYTES_EACH = 3_000_000
# A process that forks lints so much of the share of each before it does: what it has opened and found out by then, the
# others have at once, and need not find out beside each other.
SHARE_AHEAD = 0.4
Given = tuple[Sequence[str], Mapping[Path, bytes], Mapping[Path, Surfaces], bool]
_kept: list[tuple[Linting, Sequence[Path], Left]] = []


class Linting(NamedTuple):
    """What a process lints with."""

    projects: Projects
    rules: tuple[Rule, ...]

    def results(self, files: Sequence[Path]) -> tuple[FileResult, ...]:
        """One a file."""
        return tuple(lint_files(files, self.rules, self.projects))


class Left:
    """The files nobody has taken yet, shared by the processes: one takes from the front and one from the back, since
    neighbours import the same modules, and what one of them has opened the other need not open."""

    def __init__(self, files: int, context: BaseContext) -> None:
        self._ends = context.Array("q", (0, files))

    def take(self, *, from_back: bool) -> range:
        """The next few; none when all are taken."""
        with self._ends.get_lock():
            first, last = self._ends[:]
            size = min(FILES_AT_A_TIME, last - first)
            if from_back:
                self._ends[1] = last - size
                return range(last - size, last)
            self._ends[0] = first + size
            return range(first, first + size)

    def leave(self) -> None:
        """Nobody takes any more of them."""
        with self._ends.get_lock():
            self._ends[0] = self._ends[1]


def default_jobs(files: int) -> int:
    """Two where it pays, else one."""
    return 2 if files >= 2 * FILES_PER_PROCESS and (os.cpu_count() or 1) > 1 else 1


def lint_shared(
    files: Sequence[Path],
    rules: Sequence[str],
    overlay: Mapping[Path, bytes],
    surfaces: Mapping[Path, Surfaces],
    jobs: int,
    *,
    are_kept: bool,
) -> tuple[FileResult, ...]:
    """What `lint_files` gives, by so many processes; `rules` are ids, since checks do not travel.

    Raises `CannotInspect` where a process is ended from outside.
    """
    context = pool_context()
    given = (tuple(rules), dict(overlay), surfaces, are_kept)
    with without_collector():
        if context.get_start_method() != "fork":
            return tuple(_shared(files, context, jobs, None, given))
        begun = _linting(*given)
        ahead = range(0, len(files), 1 + round(jobs / SHARE_AHEAD))
        found = dict(zip(ahead, begun.results([files[number] for number in ahead]), strict=True))
        rest = [number for number in range(len(files)) if number not in found]
        found.update(zip(rest, _shared([files[number] for number in rest], context, jobs, begun, given), strict=True))
    return tuple(found[number] for number in range(len(files)))


def _shared(
    files: Sequence[Path], context: BaseContext, jobs: int, begun: Linting | None, given: Given
) -> list[FileResult]:
    """This process lints beside the others: one that only waits keeps what it opened, and nobody uses it."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    left = Left(len(files), context)
    with ProcessPoolExecutor(jobs - 1, context, _start, (begun, given, files, left)) as pool:
        try:
            others = [pool.submit(_run, process) for process in range(1, jobs)]
            found = dict(_results(begun or _linting(*given), files, left, from_back=False))
            found.update(pair for one in others for pair in one.result())
        except BrokenProcessPool as error:
            raise CannotInspect("a process was ended while it linted, perhaps for want of memory: --jobs 1") from error
        finally:
            left.leave()
    return [found[number] for number in range(len(files))]


def _start(begun: Linting | None, given: Given, files: Sequence[Path], left: Left) -> None:
    gc.disable()  # as `without_collector`, for the life of the process
    _kept.append((begun or _linting(*given), files, left))


def _linting(
    rules: Sequence[str], overlay: Mapping[Path, bytes], surfaces: Mapping[Path, Surfaces], are_kept: bool
) -> Linting:
    chosen = tuple(rule for rule in all_rules() if rule.id in rules)
    projects = Projects(None, overlay, surfaces, are_results_kept=are_kept, most_wanted_bytes=MOST_WANTED_BYTES_EACH)
    return Linting(projects, chosen)


def _run(process: int) -> list[tuple[int, FileResult]]:
    """What another process gives; in one piece, since its results have names in common."""
    linting, files, left = _kept[-1]
    return list(_results(linting, files, left, from_back=process % 2 == 1))


def _results(
    linting: Linting, files: Sequence[Path], left: Left, *, from_back: bool
) -> Iterator[tuple[int, FileResult]]:
    """What the files give that a process gets hold of, each with its number."""
    while taken := left.take(from_back=from_back):
        yield from zip(taken, linting.results([files[number] for number in taken]), strict=True)
