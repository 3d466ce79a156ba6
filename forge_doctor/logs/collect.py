"""Reads one source from its beginning to its end into a summary, and says what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.scan.region import Region
from forge_doctor.logs.scan.scanner import Scanner
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.logs.sources.containers import ContainerSource
from forge_doctor.logs.sources.files import FileSlice, FileSource, LogStream, Source
from forge_doctor.logs.sources.tail import LastLines, last_lines_offset
from forge_doctor.logs.sources.unpack import PlainLog

Progress = Callable[[str, int, int], None]
"""Told the source's name, the bytes read of it since the last call, and the regions found in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A source and how to read it; travels to other processes and machines.

    `begin` is the place of its first byte, where the source is a part of a log.
    """

    source: Source
    rules: Rules
    engine: str = ""
    since: float | None = None
    until: float | None = None
    tail: int | None = None
    begin: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a source came to; `problem` says why it was not, or not wholly, read."""

    name: str
    way: str
    summary: Summary
    problem: str = ""
    long_lines: int = 0

    def joined(self, other: Collected) -> Collected:
        """Two parts of one source as one."""
        return Collected(
            name=self.name,
            way=self.way or other.way,
            summary=self.summary.merge(other.summary),
            problem="; ".join(dict.fromkeys(filter(None, (self.problem, other.problem)))),
            long_lines=self.long_lines + other.long_lines,
        )


@dataclass(slots=True)
class Within(Summary):
    """A summary that counts only events between two moments, and those whose log has no times."""

    since: float | None = None
    until: float | None = None

    def add(self, event: Event, seen: Sighting, example: Callable[[], str]) -> bool:
        """Count an event that is wanted."""
        if seen.at is None or self._is_within(seen.at):
            return Summary.add(self, event, seen, example)
        self.outside.add(seen.at)
        return False

    def add_times(self, event: Event, seen: Sighting, times: Sequence[float | None]) -> None:
        """Count those that are wanted."""
        wanted = [at for at in times if at is None or self._is_within(at)]
        if wanted:
            Summary.add_times(self, event, seen, wanted)
        if len(wanted) < len(times):
            self.outside.add_all([at for at in times if at is not None and not self._is_within(at)])

    def _is_within(self, at: float) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


def feed(reader: Reader, regions: Iterable[Region]) -> int:
    """Read regions; how many there were."""
    count = 0
    for region in regions:
        reader.feed(region)
        count += 1
    return count


def dated(task: Task) -> Rules:
    """The rules, with the file's own time as the reference for stamps without a year."""
    source = task.source
    if isinstance(source, FileSource) and source.paths[-1].is_file():
        return replace(task.rules, reference=source.paths[-1].stat().st_mtime)
    return task.rules


def opened(task: Task) -> LogStream:
    """The source from its beginning, or its last lines: found from the end where it is a plain file or a container."""
    source, stream = task.source, task.source.open()
    if task.tail is None or (isinstance(source, ContainerSource) and not source.direct):
        return stream
    if isinstance(source, FileSource) and isinstance(stream, PlainLog) and stream.as_stored:
        stream.close()
        return FileSlice(source.paths[0], last_lines_offset(source.paths[0], task.tail))
    return LastLines(stream, task.tail)


def collect(task: Task, progress: Progress = lambda _name, _bytes, _regions: None) -> Collected:
    """Read a source; whatever is wrong with it is told and not raised."""
    source, wanted = task.source, wanted_lines(task.engine)
    reader = Reader(source.name, dated(task))
    reader.summary = Within(since=task.since, until=task.until)
    scanner, problem = Scanner(source.name, wanted, familiar=reader, begin=task.begin), ""
    try:
        stream = opened(task)
        try:
            while got := stream.readinto(scanner.room()):
                before = scanner.counted_blocks
                regions = feed(reader, scanner.advance(got))
                progress(source.name, got, regions + scanner.counted_blocks - before)
        finally:
            stream.close()
    except CannotInspect as error:
        problem = str(error)
    feed(reader, scanner.finish())
    return Collected(
        name=source.name,
        way=source.way if not problem or scanner.read_bytes else "",
        summary=reader.finish().with_inspected(lines=scanner.read_lines, bytes=scanner.read_bytes),
        problem=problem,
        long_lines=scanner.long_lines,
    )
