"""Cuts one large log into parts that can be read apart, where it is quiet for so long that nothing reaches across."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import CannotInspect
from forge_doctor.logs.collect import Task, dated, is_read_whole
from forge_doctor.logs.problems.tally import REPEATED_WITHIN
from forge_doctor.logs.problems.worker_kills import TIMED_OUT
from forge_doctor.logs.scan.reach import AFTER_BYTES, FRAME_MARKERS
from forge_doctor.logs.scan.region import SEEN_BYTES
from forge_doctor.logs.scan.wanted import Wanted
from forge_doctor.streams.sources.containers import ContainerSource
from forge_doctor.streams.sources.files import FileSlice, FileSource, LogStream, Source, open_path

# An event printed twice within so many bytes counts once; the longest that anything looks back.
QUIET_BYTES = REPEATED_WITHIN + AFTER_BYTES + SEEN_BYTES
SEARCHED_BYTES = 4 << 20
# What is loud whichever signatures there are, and found in a fraction of the time that all that is loud takes.
SURELY_LOUD = (*FRAME_MARKERS, b"ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The bytes of a whole log's file from `start` to `end`; None is wherever it ends when it is read."""

    whole: Source
    path: Path
    start: int
    end: int | None

    @property
    def name(self) -> str:
        """The log's name."""
        return self.whole.name

    @property
    def way(self) -> str:
        """How the log is read."""
        return self.whole.way

    @property
    def size(self) -> int | None:
        """Bytes of this part."""
        return (self.path.stat().st_size if self.end is None else self.end) - self.start

    def open(self) -> LogStream:
        """Raises `CannotInspect` where the file has become unreadable."""
        try:
            return FileSlice(self.path, self.start, self.end)
        except OSError as error:
            raise CannotInspect(f"{self.name}: cannot be opened: {error.strerror}") from error


def split(task: Task, count: int, wanted: Wanted) -> tuple[Task, ...]:
    """At most `count` tasks that come to the same as the whole; only the task itself where it can't be cut."""
    path = _plain_file(task)
    if path is None:
        return (task,)
    places = (0, *dict.fromkeys(_cuts(path, count, wanted)))
    if len(places) == 1 or _is_read_whole(path, task):
        return (task,)
    rules = dated(task)
    return tuple(
        replace(task, source=Part(whole=task.source, path=path, start=start, end=end), rules=rules, begin=start)
        for start, end in zip(places, (*places[1:], None), strict=True)
    )


def _plain_file(task: Task) -> Path | None:
    """The one file of a log whose bytes are its lines."""
    source = task.source
    paths: tuple[Path, ...] = ()
    if isinstance(source, FileSource) and task.tail is None:
        paths = source.paths
    elif isinstance(source, ContainerSource) and source.direct and (source.since, source.until) == (None, None):
        paths = source.paths()
    if len(paths) != 1:
        return None
    try:
        stream = open_path(paths[0])
    except CannotInspect:
        return None  # Whoever reads it says why.
    with stream:
        return paths[0] if stream.as_stored else None


def _is_read_whole(path: Path, task: Task) -> bool:
    """Whether its lines can't be read from anywhere but its beginning; asked of those that can be cut alone, as it takes long."""
    try:
        with open_path(path) as stream:
            return is_read_whole(stream, task.rules)
    except CannotInspect:
        return True


def _cuts(path: Path, count: int, wanted: Wanted) -> Iterator[int]:
    """Places near to equal shares, ascending."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for number in range(1, count):
            start = max(0, size * number // count - SEARCHED_BYTES // 2)
            file.seek(start)
            found = quiet_place(file.read(SEARCHED_BYTES), wanted)
            if found is not None:
                yield start + found


def _is_loud_throughout(data: bytes) -> bool:
    """Whether no half of what has to be quiet is: what is quiet for so long has a whole one of them in it."""
    half = QUIET_BYTES // 2
    starts = range(0, len(data) - half + 1, half)
    return bool(starts) and all(any(data.find(mark, at, at + half) >= 0 for mark in SURELY_LOUD) for at in starts)


def quiet_place(data: bytes, wanted: Wanted) -> int | None:
    """The start of a line that has nothing worth reading for QUIET_BYTES before it, and enough behind it."""
    if _is_loud_throughout(data):
        return None
    if TIMED_OUT.search(data):
        return None  # What it says of a worker holds for a kill any time later.
    loud = list(wanted.engine.search(data))
    for marker in FRAME_MARKERS:
        at = data.find(marker)
        while at >= 0:
            loud.append(at)
            at = data.find(marker, at + AFTER_BYTES)
    borders = [0, *sorted(loud), len(data)]
    for before, after in itertools.pairwise(borders):
        place = data.find(b"\n", before + QUIET_BYTES) + 1
        if place and place + AFTER_BYTES + SEEN_BYTES < after:
            return place
    return None
