"""Remembers the bodies of tracebacks already read line by line, so that the same bytes are not read again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forge_doctor.logs.block import Block, State

MOST_BODIES = 1024
MOST_WHOLE = 512
MOST_LOOKS = 64
SHORTEST = 256
KEY_BYTES = 48
_STAMPS = re.compile(
    rb"^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)? |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )"
    rb'|"time": ?"[^"\n]*"\}$',
    re.MULTILINE,
)


_DIGITS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Body:
    """The lines after a block's first, up to the last but the exception, or to the block's end.

    `text` is raw, without the times of each line; `marked_back` says how far before its end the
    last line with a literal or a frame ends; the rest is the block's state after the last line.
    """

    text: bytes
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
    stamped: bool
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

    def match(self, data: bytes, begin: int, stamped: bool) -> tuple[Body, int] | None:
        """A known body at `begin`, and where it ends."""
        if not stamped:
            for body in self.bodies.get(data[begin : begin + KEY_BYTES], ()):
                if data.startswith(body.text, begin):
                    return body, begin + len(body.text)
            return None
        known = self.bodies.get(_STAMPS.sub(b"", data[begin : begin + 4 * KEY_BYTES])[:KEY_BYTES])
        if not known:
            return None
        window = _STAMPS.sub(b"", data[begin : begin + max(len(body.text) + 48 * len(body.lines) for body in known)])
        for body in known:
            if window.startswith(body.text):
                return body, _after_lines(data, begin, len(body.lines))
        return None

    def learn(self, data: bytes, run: Run) -> None:
        """Remember what a block took in a row: up to its exception, and as a whole while there is room."""
        for reach, most in ((run.sure, MOST_BODIES), (run.whole, MOST_WHOLE)):
            if reach is not None and self.size < most and run.block.size < 1 << 19:
                self._keep(data[run.start : reach.end], run, reach)

    def _keep(self, raw: bytes, run: Run, reach: Reach) -> None:
        text = _STAMPS.sub(b"", raw) if run.stamped else raw
        known = self.bodies.setdefault(text[:KEY_BYTES], [])
        if len(text) < SHORTEST or len(known) >= MOST_LOOKS or any(body.text == text for body in known):
            return
        self.size += 1
        body = Body(
            text=text,
            lines=tuple(run.block.lines[run.before : run.before + reach.count]),
            state=reach.state,
            code=reach.code,
            grouped=run.block.grouped,
            marked_back=reach.end - reach.marked,
        )
        known.append(body)
        known.sort(key=lambda one: -len(one.text))


def is_stamped(raw: bytes) -> bool:
    """Whether the line carries a time in front, or behind as docker's own files do."""
    return raw.startswith(b'{"log"') or _STAMPS.match(raw) is not None


def begins_alike(raw: bytes, other: bytes) -> bool:
    """Whether both lines begin with a clock in the same place and the same words before it: both are heads."""
    shape = raw[:24].translate(_DIGITS)
    return b"0:00:0" in shape and other[:24].translate(_DIGITS) == shape


def _after_lines(data: bytes, begin: int, count: int) -> int:
    for _ in range(count):
        begin = data.find(b"\n", begin) + 1
    return begin
