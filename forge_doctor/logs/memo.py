"""Remembers the bodies of tracebacks already read line by line, so that the same bytes are not read again."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass

from forge_doctor.logs.block import Block, State

MOST_BODIES = 1024
MOST_WHOLE = 512
MOST_LOOKS = 64
SHORTEST = 256
KEY_BYTES = 48
# How docker's own files end a line, the time left out; no quote inside their text is without a backslash.
JSON_LOG, JSON_TIME, JSON_END = b'{"log":"', b',"time":"', b"}\n"
_STAMPS = re.compile(
    rb"^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)? |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )", re.MULTILINE
)
_DIGITS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))


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
    lines: tuple[bytes, ...]
    state: State
    code: bytes
    grouped: bool
    marked_back: int


@dataclass(slots=True)
class Reach:
    """How far a run has come: where it ends in the data, with how many lines, and the block's state there."""

    end: int
    count: int
    state: State
    code: bytes
    marked: int


@dataclass(slots=True)
class Run:
    """A block whose lines have come in a row so far, from `start` in the data on.

    `sure` is as far as the last line of its traceback but the exception, `whole` as far as it came.
    """

    block: Block
    start: int
    stamps: Stamps
    before: int
    sure: Reach | None = None
    whole: Reach | None = None

    def reach(self, end: int, marked: int, number: int) -> None:
        """The block took the line that ends at `end`."""
        block = self.block
        self.whole = Reach(end, len(block.lines) - self.before, block.state, block.code, marked)
        if block.touched == number and block.unfinished:
            self.sure = self.whole


class Memo:
    """The bodies seen, found by their beginning."""

    def __init__(self) -> None:
        self.bodies: dict[bytes, list[Body]] = {}
        self.size = 0

    def match(self, data: bytes, begin: int, stamps: Stamps) -> tuple[Body, int] | None:
        """A known body at `begin`, and where it ends."""
        if stamps is Stamps.NONE:
            return match_any(self.bodies.get(data[begin : begin + KEY_BYTES], ()), data, begin, stamps)
        beginning = unstamped(data[begin : begin + 4 * KEY_BYTES], stamps)
        return match_any(self.bodies.get(beginning[:KEY_BYTES], ()), data, begin, stamps)

    def learn(self, data: bytes, run: Run) -> None:
        """Remember what a block took in a row: up to its exception, and as a whole while there is room."""
        for reach, most in ((run.sure, MOST_BODIES), (run.whole, MOST_WHOLE)):
            if reach is not None and self.size < most and run.block.size < 1 << 19:
                self._keep(data[run.start : reach.end], run, reach)

    def _keep(self, raw: bytes, run: Run, reach: Reach) -> None:
        text = unstamped(raw, run.stamps)
        known = self.bodies.setdefault(text[:KEY_BYTES], [])
        if len(text) < SHORTEST or len(known) >= MOST_LOOKS or any(body.text == text for body in known):
            return
        count = raw.count(b"\n")
        if run.stamps is Stamps.JSON and not raw.count(JSON_TIME) == text.count(JSON_END) == count:
            return
        self.size += 1
        body = Body(
            text=text,
            raw_lines=count,
            lines=tuple(run.block.lines[run.before : run.before + reach.count]),
            state=reach.state,
            code=reach.code,
            grouped=run.block.grouped,
            marked_back=reach.end - reach.marked,
        )
        known.append(body)
        known.sort(key=lambda one: -len(one.text))


def match_any(bodies: Collection[Body], data: bytes, begin: int, stamps: Stamps) -> tuple[Body, int] | None:
    """The first of the bodies that stands at `begin`, and where it ends."""
    if stamps is Stamps.NONE:
        for body in bodies:
            if data.startswith(body.text, begin):
                return body, begin + len(body.text)
        return None
    raw = data[begin : begin + max(map(_longest, bodies), default=0)]
    parts, kept = _between_times(raw) if stamps is Stamps.JSON else ([], [unstamped(raw, stamps)])
    text = b"".join(kept)
    for body in bodies:
        if text.startswith(body.text):
            count = body.raw_lines
            if not parts:
                return body, _after_lines(data, begin, count)
            before = sum(map(len, parts[: count + 1])) + count * len(JSON_TIME)
            return body, begin + before - len(kept[count]) + len(JSON_END)
    return None


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


def _between_times(raw: bytes) -> tuple[list[bytes], list[bytes]]:
    """Docker's lines cut where their times begin, and the same without the times."""
    parts = raw.split(JSON_TIME)
    return parts, [parts[0], *[part.partition(b'"')[2] for part in parts[1:]]]


def begins_alike(raw: bytes, other: bytes) -> bool:
    """Whether both lines begin with a clock in the same place and the same words before it: both are heads."""
    shape = raw[:24].translate(_DIGITS)
    return b"0:00:0" in shape and other[:24].translate(_DIGITS) == shape


def _longest(body: Body) -> int:
    """As many raw bytes as the body can have with its times."""
    return len(body.text) + 48 * body.raw_lines


def _after_lines(data: bytes, begin: int, count: int) -> int:
    for _ in range(count):
        begin = data.find(b"\n", begin) + 1
    return begin
