"""The bodies of tracebacks as raw bytes: which of those that are known stands at a place, whatever its lines' times."""

from __future__ import annotations

import enum
import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.records.line_kind import State
from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import DIGITS

SHORTEST = 256
MOST_ALIKE = 64
FORK_BYTES = 32
LONGEST_TIME = 48
CLOCK_BYTES = 24
# How docker's own files end a line, the time left out; no quote inside their text is without a backslash.
JSON_LOG, JSON_TIME, JSON_END = b'{"log":"', b',"time":"', b"}\n"
_STAMPS = regex(
    rb"^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)? |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )", re.MULTILINE
)


class Stamps(enum.Enum):
    """Where each raw line has its container's time."""

    NONE = enum.auto()
    FRONT = enum.auto()
    JSON = enum.auto()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The lines after a block's first, up to the last but the exception, or to the block's end.

    `text` is raw, without the times of its `raw_lines` lines; `marked_back` says how far before its end the
    last line with a literal or a frame ends; the rest is the block's state after the last line.
    """

    text: bytes
    raw_lines: int
    lines: tuple[bytes, ...] = ()
    state: State = State.EXCEPTION
    code: bytes = b""
    grouped: bool = False
    marked_back: int = 0


@dataclass(slots=True)
class Bodies:
    """Bodies that may stand at the same place, told apart by the bytes from where they differ."""

    known: list[Body] = field(default_factory=list)
    _fork: int = 0
    _by_fork: dict[bytes, list[Body]] = field(default_factory=dict)
    _most_bytes: int = 0

    def add(self, body: Body) -> bool:
        """Whether it was new and there was room for it."""
        if (
            len(body.text) < SHORTEST
            or len(self.known) >= MOST_ALIKE
            or any(body.text == one.text for one in self.known)
        ):
            return False
        self.known.append(body)
        self.known.sort(key=lambda one: -len(one.text))
        self._most_bytes = max(self._most_bytes, len(body.text) + LONGEST_TIME * body.raw_lines)
        # The shortest is told by its last bytes at the latest.
        self._fork = min(alike_up_to([one.text for one in self.known]), len(self.known[-1].text) - FORK_BYTES)
        self._by_fork = {}
        for one in self.known:
            self._by_fork.setdefault(one.text[self._fork : self._fork + FORK_BYTES], []).append(one)
        return True

    def at(self, data: bytes | bytearray, begin: int, stamps: Stamps) -> Iterable[tuple[Body, int]]:
        """Those that stand at `begin`, the longest first, and where each ends."""
        if stamps is not Stamps.NONE:
            return self._at_stamped(bytes(data[begin : begin + self._most_bytes]), begin, stamps)
        fork = begin + self._fork
        forked = self._by_fork.get(bytes(data[fork : fork + FORK_BYTES]), ())
        return [(body, begin + len(body.text)) for body in forked if data.startswith(body.text, begin)]

    def _at_stamped(self, raw: bytes, begin: int, stamps: Stamps) -> Iterator[tuple[Body, int]]:
        parts, kept = _between_times(raw) if stamps is Stamps.JSON else ([], [unstamped(raw, stamps)])
        text = b"".join(kept)
        for body, _ in self.at(text, 0, Stamps.NONE):
            count = body.raw_lines
            if stamps is Stamps.JSON:
                before = sum(map(len, parts[: count + 1])) + count * len(JSON_TIME)
                yield body, begin + before - len(kept[count]) + len(JSON_END)
            else:
                yield body, begin + _after_lines(raw, count)


def stamps_of(raw: bytes) -> Stamps:
    """Where the line carries its container's time."""
    if raw.startswith(JSON_LOG):
        return Stamps.JSON
    return Stamps.FRONT if _STAMPS.match(raw) is not None else Stamps.NONE


def unstamped(raw: bytes, stamps: Stamps) -> bytes:
    """The lines without their times."""
    if stamps is Stamps.JSON:
        return b"".join(_between_times(raw)[1])
    return _STAMPS.sub(b"", raw) if stamps is Stamps.FRONT else raw


def text_of(raw: bytes, stamps: Stamps) -> bytes | None:
    """The lines without their times; None where one is no entry as docker writes it."""
    text, count = unstamped(raw, stamps), raw.count(b"\n")
    if stamps is Stamps.JSON and not raw.count(JSON_TIME) == text.count(JSON_END) == count:
        return None
    return text


def _between_times(raw: bytes) -> tuple[list[bytes], list[bytes]]:
    """Docker's lines cut where their times begin, and the same without the times."""
    parts = raw.split(JSON_TIME)
    return parts, [parts[0], *[part.partition(b'"')[2] for part in parts[1:]]]


def begins_alike(raw: bytes, other: bytes | bytearray, begin: int = 0, end: int = sys.maxsize) -> bool:
    """Whether a line and what stands between two places of the other bytes begin with a clock in the same place and the
    same words before it: both are heads."""
    shape = raw[:CLOCK_BYTES].translate(DIGITS)
    alike = other[begin : min(end, begin + CLOCK_BYTES)].translate(DIGITS) == shape
    # `in` asks of bytes first whether they are a number, which takes as long as all the rest.
    return alike and shape.find(b"0:00:0") >= 0


def _after_lines(raw: bytes, count: int) -> int:
    end = 0
    for _ in range(count):
        end = raw.find(b"\n", end) + 1
    return end


def alike_up_to(texts: Sequence[bytes]) -> int:
    """How many bytes they all begin with."""
    # What the first and the last in the order of bytes have in common, all between them have.
    first, last = min(texts), max(texts)
    return bisect_left(range(len(first)), True, key=lambda at: first[: at + 1] != last[: at + 1])
