"""Reads one source from its beginning to its end into a summary, and says what could not be read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import counted
from forge_doctor.logs.carried import Carried, knowledge_of
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.failed_requests import FailedRequests
from forge_doctor.logs.problems.starts import Mark
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.scan.region import Region
from forge_doctor.logs.scan.scanner import Scanner
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import time_of
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.layers import Layers, layers_of
from forge_doctor.streams.carriers.line_carriers import LineCarrier
from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.carriers.no_log import why_no_log
from forge_doctor.streams.carriers.told_year import told_year
from forge_doctor.streams.carriers.whole_stream import Replayed
from forge_doctor.streams.heads.line_head import is_head
from forge_doctor.streams.sources.containers import ContainerSource
from forge_doctor.streams.sources.files import FileSlice, FileSource, LogStream, Source
from forge_doctor.streams.sources.tail import LastLines, last_lines_offset
from forge_doctor.streams.sources.unpack import PlainLog
from forge_doctor.streams.times.moments import DATED, iso_at, moment

LOOKED_AT = 50
"""A log's beginning is told by the first time in so many lines."""
Progress = Callable[[str, int, int], None]
"""Told the source's name, the bytes read of it since the last call, and the regions found in them."""


# So much of a stream is looked at before anything of it is read, where it comes at once; so little is waited for.
SAMPLE_BYTES, FIRST_BYTES = 1 << 20, 64 << 10
END_BYTES = 64 << 10
STARTS = regex(rb"[\x1b\[\d;m]{0,20}[^\s\d]{0,3}(" + DATED + rb")")
# The time of an access log's line, which stands behind the client and the user.
_REQUEST = b'] "'
_REQUESTED = regex(rb"[^\[\]\n]{1,200} \[(" + DATED + rb")" + re.escape(_REQUEST))


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
    strip: str = ""


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
        wanted = self._wanted(times)
        if wanted:
            Summary.add_times(self, event, seen, wanted)
        if len(wanted) < len(times):
            self.outside.add_all([at for at in times if at is not None and not self._is_within(at)])

    def add_failed(self, event: Event, seen: Sighting, times: Sequence[float | None]) -> None:
        """Count those that are wanted."""
        wanted = self._wanted(times)
        if wanted:
            Summary.add_failed(self, event, seen, wanted)

    def note_beginning(self, at: float | None) -> None:
        """Note when the log begins, or the time that was asked for."""
        Summary.note_beginning(self, at if at is None or self.since is None else max(at, self.since))

    def mark_start(self, mark: Mark) -> None:
        """Note what is of the time that was asked for."""
        if mark.at is None or self._is_within(mark.at):
            Summary.mark_start(self, mark)

    def _wanted(self, times: Sequence[float | None]) -> Sequence[float | None]:
        if self.since is None and self.until is None:
            return times
        return [at for at in times if at is None or self._is_within(at)]

    def _is_within(self, at: float) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


def feed(reader: Reader | Carried, regions: Iterable[Region]) -> int:
    """Read regions; how many there were."""
    count = 0
    for region in regions:
        reader.feed(region)
        count += 1
    return count


def dated(task: Task) -> Rules:
    """The rules, with what the log's end tells of its year as the reference for stamps without one, else the file's own time."""
    source = task.source
    if not isinstance(source, FileSource) or not source.paths[-1].is_file():
        return task.rules
    written = source.paths[-1].stat().st_mtime
    told = told_year(_end_of(source.paths[-1]), written, task.rules.zone_s)
    return replace(task.rules, reference=written if told is None else told)


def _end_of(path: Path) -> bytes:
    """The last bytes of a file; none of one that cannot be read, which is told where it is opened."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - END_BYTES))
            return file.read(END_BYTES)
    except OSError:
        return b""


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
    source, wanted, rules = task.source, wanted_lines(task.engine), dated(task)
    reader = Reader(source.name, rules)
    reader.summary = Within(since=task.since, until=task.until)
    carried = Carried(reader, wanted, rules, task.strip)
    failed = FailedRequests(source.name, reader.summary, Times(rules).of)
    scanner, problem = Scanner(source.name, wanted, familiar=carried, begin=task.begin, counter=failed), ""
    said: list[str] = []
    layers: Layers | None = None
    try:
        layers = unwrapped(opened(task), carried, rules)
        stream = layers.stream
        try:
            while got := stream.readinto(scanner.room()):
                before = scanner.counted_blocks + carried.counted_blocks
                regions = feed(carried, scanner.advance(got))
                progress(source.name, got, regions + scanner.counted_blocks + carried.counted_blocks - before)
        finally:
            stream.close()
            said = [text for text in (*layers.said, carried.said) if text]
    except CannotInspect as error:
        problem = str(error)
    feed(carried, scanner.finish())
    failed.finish()
    summary = carried.finish().with_inspected(
        lines=scanner.read_lines, bytes=scanner.read_bytes, about=scanner.is_estimate
    )
    way = "; ".join([source.way, *said]) if not problem or scanner.read_bytes else ""
    unread = [*carried.unread.split("; "), *(layers.unread.split("; ") if layers else ())]
    if layers is not None and layers.no_log and not summary.groups:
        unread.append(f"{source.name}: {layers.no_log}")
    problem = "; ".join(dict.fromkeys(filter(None, (problem, *unread, untimed(task, summary)))))
    return Collected(
        name=source.name,
        way=way,
        summary=summary,
        problem=problem,
        long_lines=scanner.long_lines,
    )


def untimed(task: Task, summary: Summary) -> str:
    """That a time was asked for of what has none; empty where all have one, or none was asked for."""
    count = sum(group.untimed for group in summary.groups.values())
    if not count or (task.since is None and task.until is None):
        return ""
    return f"{task.source.name}: {counted(count, 'event')} without a time in the log: counted whatever --since and --until say"


def unwrapped(stream: LogStream, carried: Carried, rules: Rules) -> Layers:
    """The stream as lines, and what was taken off it; its beginning is looked at."""
    block = memoryview(bytearray(SAMPLE_BYTES))
    filled, damage = 0, None
    try:
        while filled < FIRST_BYTES and (got := stream.readinto(block[filled:])):
            filled += got
    except CannotInspect as problem:
        damage = problem
    sample = bytes(block[:filled])
    times = Times(rules).of
    replayed = Replayed(sample, stream, damage)
    if carried.said:
        carried.summary.note_beginning(_first_time(sample, times))
        return Layers(stream=replayed)
    layers = layers_of(sample, replayed, knowledge_of(rules), times)
    # A log that was turned begins with what came last in it.
    carried.summary.note_beginning(_first_time(layers.begun if layers.taken else sample, times, layers.carrier))
    if layers.carrier is None and not layers.taken:
        layers.no_log = why_no_log(sample, is_head, whole=filled < FIRST_BYTES)
    carried.begin(layers.carrier)
    return layers


def _first_time(
    sample: bytes, times: Callable[[bytes], float | None], carrier: LineCarrier | None = None
) -> float | None:
    """The first time in the first lines, which may stand behind what is put round them."""
    lines = sample.split(b"\n", LOOKED_AT)[:LOOKED_AT]
    first = next((at for raw in lines if (at := times(raw)) is not None), None)
    if first is not None or carrier is None:
        return first
    told = carrier.look(b"\n".join([*lines, b""])).split(b"\n")
    return next((at for raw in told if (at := times(raw)) is not None), None)


def is_read_whole(stream: LogStream, rules: Rules) -> bool:
    """Whether the lines of a stream can't be read from anywhere but its beginning."""
    block = memoryview(bytearray(SAMPLE_BYTES))
    sample = bytes(block[: stream.readinto(block) or 0])
    return layers_of(sample, io.BytesIO(sample), knowledge_of(rules), Times(rules).of, 1).is_whole


class Times:
    """When raw lines were written, by what stands before them or by their own heads."""

    def __init__(self, rules: Rules) -> None:
        self._unwrapper, self._rules = Unwrapper(rules.reference, rules.zone_s), rules

    def of(self, raw: bytes) -> float | None:
        """The moment of a line, None where it has none."""
        entry = loads(raw) if raw[:2] in (b'{"', b"{ ") else None
        if entry is not None:
            return time_of(entry, self._rules.zone_s)
        line = self._unwrapper.line(raw)
        if line.at is not None:
            return line.at
        if (found := iso_at(line.text)) is not None:
            return moment(found[0], self._rules.zone_s, self._rules.reference)
        found = STARTS.match(line.text) or (_REQUESTED.match(line.text) if _REQUEST in line.text else None)
        return None if found is None else moment(found[1], self._rules.zone_s, self._rules.reference)
