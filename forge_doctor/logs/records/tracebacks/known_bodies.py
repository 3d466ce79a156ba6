"""Remembers the bodies of tracebacks already read line by line, so that the same bytes are not read again."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.line_kind import State
from forge_doctor.logs.records.tracebacks.traceback_bodies import Bodies, Body, Stamps, text_of, unstamped

MOST_BODIES = 1024
MOST_WHOLE = 512
KEY_BYTES = 48


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

    `known` says that it follows a known body.
    `sure` is as far as the last line of its traceback but the exception, `whole` as far as it came.
    """

    block: Block
    start: int
    stamps: Stamps
    before: int
    known: bool = False
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
        self.bodies: dict[bytes, Bodies] = {}
        self.size = 0

    def match(self, data: bytes, begin: int, stamps: Stamps) -> tuple[Body, int] | None:
        """A known body at `begin`, and where it ends."""
        beginning = data[begin : begin + KEY_BYTES]
        if stamps is not Stamps.NONE:
            beginning = unstamped(data[begin : begin + 4 * KEY_BYTES], stamps)[:KEY_BYTES]
        known = self.bodies.get(beginning)
        return None if known is None else next(iter(known.at(data, begin, stamps)), None)

    def learn(self, data: bytes, run: Run) -> None:
        """Remember what a block took in a row: up to its exception, and as a whole while there is room."""
        for reach, most in ((run.sure, MOST_BODIES), (run.whole, MOST_WHOLE)):
            if reach is not None and self.size < most and run.block.size < 1 << 19:
                self._keep(data[run.start : reach.end], run, reach)

    def _keep(self, raw: bytes, run: Run, reach: Reach) -> None:
        text = text_of(raw, run.stamps)
        if text is None:
            return
        body = Body(
            text=text,
            raw_lines=raw.count(b"\n"),
            lines=tuple(run.block.lines[run.before : run.before + reach.count]),
            state=reach.state,
            code=reach.code,
            grouped=run.block.grouped,
            marked_back=reach.end - reach.marked,
        )
        self.size += self.bodies.setdefault(text[:KEY_BYTES], Bodies()).add(body)
