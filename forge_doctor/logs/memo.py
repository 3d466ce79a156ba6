"""Remembers the bodies of tracebacks already read line by line, so that the same bytes are not read again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from forge_doctor.logs.block import Block, State

MOST_BODIES = 1024
MOST_LOOKS = 64
SHORTEST = 256
KEY_BYTES = 48
_STAMPS = re.compile(
    rb"^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)? |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )"
    rb'|"time": ?"[^"\n]*"\}$',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Body:
    """The lines after a block's first, up to the last that belongs to its traceback.

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
class Run:
    """A block whose lines have come in a row so far, from `start` in the data on.

    `end`, `count`, `state`, `code` and `marked` are those after its last traceback line.
    """

    block: Block
    start: int
    stamped: bool
    before: int
    end: int = 0
    count: int = 0
    state: State = State.MESSAGE
    code: bytes = b""
    marked: int = 0

    def reach(self, end: int, marked: int) -> None:
        """The block took a traceback line that ends at `end`."""
        self.end, self.count = end, len(self.block.lines) - self.before
        self.state, self.code, self.marked = self.block.state, self.block.code, marked


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
        """Remember what a block took in a row."""
        raw = data[run.start : run.end]
        text = _STAMPS.sub(b"", raw) if run.stamped else raw
        if len(text) < SHORTEST or self.size >= MOST_BODIES or run.block.size >= 1 << 19:
            return
        known = self.bodies.setdefault(text[:KEY_BYTES], [])
        if len(known) >= MOST_LOOKS or any(body.text == text for body in known):
            return
        self.size += 1
        known.append(
            Body(
                text=text,
                lines=tuple(run.block.lines[run.before : run.before + run.count]),
                state=run.state,
                code=run.code,
                grouped=run.block.grouped,
                marked_back=run.end - run.marked,
            )
        )
        known.sort(key=lambda body: -len(body.text))


def is_stamped(raw: bytes) -> bool:
    """Whether the line carries a time in front, or behind as docker's own files do."""
    return raw.startswith(b'{"log"') or _STAMPS.match(raw) is not None


def _after_lines(data: bytes, begin: int, count: int) -> int:
    for _ in range(count):
        begin = data.find(b"\n", begin) + 1
    return begin
