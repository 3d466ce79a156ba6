"""A log's lines as their programs wrote them: whatever was put round them is learned and taken off, as `logs` does."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.streams.carriers.bare_stream import Readable
from forge_doctor.streams.carriers.layers import layers_of
from forge_doctor.streams.carriers.line_carriers import LineCarrier
from forge_doctor.streams.carriers.line_format import ANSI, Unwrapper
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge
from forge_doctor.streams.carriers.whole_stream import Replayed
from forge_doctor.streams.heads.line_head import is_head
from forge_doctor.streams.sources.files import LogStream, Source

SAMPLE_BYTES, FIRST_BYTES, BLOCK_BYTES = 1 << 20, 64 << 10, 1 << 20
LONGEST_LINE = 1 << 20
Lane = tuple[str, str, str]
BARE: Lane = ("", "", "")
# So many lines of a block tell whether its lines are as their program wrote them.
ASKED = 24


@dataclass(slots=True)
class Lines:
    """One source to read: `blocks` gives runs of lines of one lane (service, stream, worker); what could not be read is in
    `problem` afterwards."""

    source: Source
    zone_s: float = 0.0
    problem: str = ""
    read_bytes: int = 0
    read_lines: int = 0
    is_csvlog: bool = False
    _partial: dict[Lane, bytes] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[Lane, list[bytes]]]:
        """Consecutive lines without their ends, those of one lane together."""
        try:
            stream = self.source.open()
        except CannotInspect as problem:
            self.problem = str(problem)
            return
        try:
            yield from self._told(stream)
        except CannotInspect as problem:
            self.problem = str(problem)
        finally:
            stream.close()

    def _told(self, stream: LogStream) -> Iterator[tuple[Lane, list[bytes]]]:
        sample, damage = _beginning(stream)
        unwrapper = Unwrapper(zone_s=self.zone_s)
        replayed = Replayed(sample, stream, damage)
        self.is_csvlog = is_csvlog(sample)
        if self.is_csvlog:
            yield from self._plain(replayed, None, unwrapper)
            return
        knowledge = Knowledge(plain=lambda raw: unwrapper.line(raw).text, is_head=is_head, zone_s=self.zone_s)
        layers = layers_of(sample, replayed, knowledge, lambda _: None)
        yield from self._plain(layers.stream, layers.carrier, unwrapper)

    def _plain(
        self, stream: Readable, carrier: LineCarrier | None, unwrapper: Unwrapper
    ) -> Iterator[tuple[Lane, list[bytes]]]:
        for block in self._blocks(stream):
            told = block if carrier is None else carrier.translate(block)
            if b"\x1b" in told:
                told = ANSI.sub(b"", told)
            lines = told.split(b"\n")
            if not lines[-1]:
                lines.pop()
            self.read_lines += len(lines)
            if not self._partial and is_bare(lines, unwrapper):
                yield BARE, [line.rstrip(b"\r") for line in lines] if b"\r" in told else lines
            else:
                yield from self._unwrapped(lines, unwrapper)

    def _blocks(self, stream: Readable) -> Iterator[bytes]:
        """The stream in blocks that end with a line."""
        buffer, rest = memoryview(bytearray(BLOCK_BYTES)), b""
        while got := stream.readinto(buffer):
            self.read_bytes += got
            data = rest + buffer[:got].tobytes()
            whole, end, rest = data.rpartition(b"\n")
            if end:
                yield whole + end
            elif len(rest) > LONGEST_LINE:
                yield rest + b"\n"
                rest = b""
        if rest:
            yield rest

    def _unwrapped(self, lines: Iterable[bytes], unwrapper: Unwrapper) -> Iterator[tuple[Lane, list[bytes]]]:
        now, run = BARE, list[bytes]()
        for raw in lines:
            line = unwrapper.line(raw)
            lane = (line.service, line.stream, line.worker)
            text = self._partial.pop(lane, b"") + line.text if self._partial else line.text
            if line.partial and len(text) < LONGEST_LINE:
                self._partial[lane] = text
                continue
            if lane != now and run:
                yield now, run
                run = []
            now = lane
            run.append(text)
        if run:
            yield now, run


def _beginning(stream: LogStream) -> tuple[bytes, CannotInspect | None]:
    block, filled = memoryview(bytearray(SAMPLE_BYTES)), 0
    try:
        while filled < FIRST_BYTES and (got := stream.readinto(block[filled:])):
            filled += got
    except CannotInspect as problem:
        return bytes(block[:filled]), problem
    return bytes(block[:filled]), None


def is_bare(lines: list[bytes], unwrapper: Unwrapper) -> bool:
    """Whether nothing stands round the lines of a block, by some of them spread over it."""
    step = max(1, len(lines) // ASKED)
    return all(unwrapper.line(line).text == line.rstrip(b"\r") for line in lines[::step])


def is_csvlog(sample: bytes) -> bool:
    """Whether it begins as PostgreSQL's csvlog: rows of 23 columns and more with a severity in the twelfth."""
    if not sample[:4].isdigit():
        return False
    try:
        row = next(csv.reader(sample.decode("utf-8", "replace").splitlines(keepends=True)), [])
    except csv.Error:
        return False
    return len(row) >= FEWEST_COLUMNS and row[11] in SEVERITIES


FEWEST_COLUMNS = 23
SEVERITIES = frozenset({"LOG", "ERROR", "FATAL", "WARNING", "PANIC", "NOTICE", "INFO", "DEBUG1", "DEBUG"})
