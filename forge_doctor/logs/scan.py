"""Cuts the regions worth reading out of a stream of bytes of any length, in bounded memory; parses nothing.

A line is worth reading where it has one of the literals. A region is such a line, the lines shortly before and
after it, and on from there as long as frames of a traceback follow: however the stream arrives in pieces, and
whichever engine searches, the same bytes come out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from forge_doctor.logs.engines import Engine, make_engine
from forge_doctor.logs.marks import MARKS
from forge_doctor.logs.record import BEFORE_BYTES, Region

BLOCK_BYTES = 4 << 20
AFTER_BYTES = 2_000
# How far back a region may reach whose beginning has no literal (the head of the traceback is lost).
REACH_BYTES = 64 << 10
LONGEST_LINE = 256 << 10
COUNTED_BYTES = 32 << 20
# A frame's line in every notation: plain, escaped in JSON, and the box of a rich or loguru traceback.
FRAME_MARKERS = (b'", line ', "\u2502".encode())
# What errors have that no signature knows.
ANCHORS = (
    b"Traceback (most recent call last)",
    b"ERROR",
    b"CRITICAL",
    b"FATAL",
    b"PANIC",
    b'"error"',
    b'"critical"',
    b"level=error",
    b"level=fatal",
    b"[error",
    b"[critical",
    b'"exc_info"',
    b'"exc_type"',
    b'"exception"',
    b"--- Logging error ---",
    b"RuntimeWarning: ",
    b"ResourceWarning: ",
    b"SAWarning: ",
    b"Exception ignored in",
    b"Background on this error at",
)


class Readable(Protocol):
    """What the scanner reads: a raw or buffered binary file, or anything that fills a buffer."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as there is; 0 at the end, None where nothing has come yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The literals to look for and the engine that looks for them."""

    literals: tuple[bytes, ...]
    engine: Engine


@functools.cache
def wanted_literals() -> tuple[bytes, ...]:
    """What the signatures and the anchors look for."""
    from forge_doctor.logs.signature import load_signatures

    known = {word.encode() for signature in load_signatures().values() for word in signature.literals}
    return tuple(sorted(known.union(ANCHORS, (text for text, _ in MARKS))))


def wanted_lines(engine: str = "") -> Wanted:
    """A search for them all with the named or the fastest engine."""
    return Wanted(literals=wanted_literals(), engine=make_engine(wanted_literals(), engine))


def scan(stream: Readable, source: str, wanted: Wanted, block_bytes: int = BLOCK_BYTES) -> Iterator[Region]:
    """The regions of a whole stream."""
    scanner = Scanner(source, wanted, block_bytes)
    while got := stream.readinto(scanner.room()):
        yield from scanner.advance(got)
    yield from scanner.finish()


class Scanner:
    """A window that slides over a stream: fill `room()`, then `advance()` past what was filled.

    All positions are in the window; `_base` is the place of its first byte in the source.
    """

    def __init__(self, source: str, wanted: Wanted, block_bytes: int = BLOCK_BYTES, stream: str = "") -> None:
        self.source, self.stream = source, stream
        self.read_bytes = 0
        self.long_lines = 0
        self._search = wanted.engine.search
        self._literals = wanted.literals
        self._longest_literal = max(map(len, wanted.literals))
        self._block = block_bytes
        self._window = bytearray(block_bytes + 2 * (REACH_BYTES + LONGEST_LINE))
        self._counted = (0, 0)  # lines, and the bytes they were counted in
        self._base = 0
        self._filled = 0
        self._searched = 0
        self._start: int | None = None  # of the region that is still growing
        self._last = 0  # end of the last line that is known to belong to it
        self._emitted = 0  # end of the last region
        self._hits: list[int] = []  # in the region that is still growing

    @property
    def read_lines(self) -> int:
        """Lines read: counted up to COUNTED_BYTES, then in proportion, as counting costs as much as searching."""
        lines, counted = self._counted
        return lines if self.read_bytes < COUNTED_BYTES else round(lines * self.read_bytes / counted)

    def room(self) -> memoryview:
        """Where the next bytes go: at most a block."""
        if len(self._window) < self._filled + self._block:
            self._slide()
        if len(self._window) < self._filled + self._block:
            self._window.extend(bytes(self._filled + self._block - len(self._window)))
        return memoryview(self._window)[self._filled : self._filled + self._block]

    def feed(self, data: bytes) -> Iterator[Region]:
        """The regions that end in `data`, for a source that pushes."""
        for start in range(0, len(data), self._block):
            piece = data[start : start + self._block]
            self.room()[: len(piece)] = piece
            yield from self.advance(len(piece))

    def advance(self, count: int) -> Iterator[Region]:
        """The regions that are complete after `count` more bytes."""
        self.read_bytes += count
        self._filled += count
        self._break_long_lines()
        end = self._window.rfind(b"\n", self._searched, self._filled) + 1
        if end > self._searched:
            yield from self._regions(end, complete=False)

    def settle(self) -> Iterator[Region]:
        """The region of a log that has paused, up to its last whole line; the scanner goes on."""
        yield from self._regions(self._searched, complete=True)

    def finish(self) -> Iterator[Region]:
        """The last regions, and a last line that was never ended."""
        self._break_long_lines()
        yield from self._regions(self._filled, complete=True)

    def _regions(self, end: int, *, complete: bool) -> Iterator[Region]:
        window = self._window
        view = memoryview(window)[self._searched : end]
        offset = self._searched
        hits: Iterable[int] = self._search(view) if len(view) else ()
        view.release()
        if self._searched < end and self._counted[1] < COUNTED_BYTES:
            lines = window.count(b"\n", self._searched, end) + (window[end - 1] != 10)
            self._counted = (self._counted[0] + lines, self._counted[1] + end - self._searched)
        self._searched = end
        horizon = self._extend(end) if self._start is not None else 0
        for found in hits:
            hit = found + offset
            if self._start is not None and hit < self._last:
                self._hits.append(hit)
                continue
            line_end = self._line_end(hit, end)
            if self._start is not None and hit >= horizon:
                yield self._emit(horizon)
            if self._start is None:
                self._start = self._beginning(hit)
            self._hits.append(hit)
            self._last = line_end
            horizon = self._extend(end)
        if self._start is not None and (complete or self._last + AFTER_BYTES <= end):
            if horizon > self._start:
                yield self._emit(horizon)
            self._start = None
        elif self._start is not None and self._last - self._start > REACH_BYTES:
            yield self._emit(self._last, ends=False)

    def _extend(self, end: int) -> int:
        """Move `_last` along the frames that follow it; where the region ends if no more hits come."""
        # The second marker is looked for only where the first is absent: it would still be within reach afterwards.
        rfind, last = self._window.rfind, self._last
        plain, boxed = FRAME_MARKERS
        while True:
            limit = min(end, last + AFTER_BYTES)
            frame = rfind(plain, last, limit)
            if frame < 0:
                frame = rfind(boxed, last, limit)
                if frame < 0:
                    self._last = last
                    return max(last, rfind(b"\n", last, limit) + 1)
            last = self._line_end(frame, end)

    def _beginning(self, hit: int) -> int:
        """The start of the region that `hit` opens."""
        window = self._window
        plain, boxed = FRAME_MARKERS
        line = window.rfind(b"\n", 0, hit) + 1
        lowest = max(self._emitted, line - REACH_BYTES, 0)
        while True:
            start = max(lowest, line - BEFORE_BYTES)
            frame = window.find(plain, start, line)
            frame = window.find(boxed, start, line) if frame < 0 else frame
            if frame < 0 or start == lowest:
                break
            line = window.rfind(b"\n", lowest, frame) + 1 or lowest
        if start in (self._emitted, 0) or window[start - 1] == 10:
            return start
        return window.find(b"\n", start, line) + 1 or line

    def _line_end(self, position: int, end: int) -> int:
        return self._window.find(b"\n", position, end) + 1 or end

    def _emit(self, end: int, *, ends: bool = True) -> Region:
        start = self._start or 0
        data = bytes(memoryview(self._window)[start:end])
        hits = [hit - start for hit in self._hits]
        self._start, self._emitted, self._hits = (None if ends else end), end, []
        return Region(source=self.source, data=data, offset=self._base + start, stream=self.stream, hits=hits)

    def _slide(self) -> None:
        """Forget what no region can reach any more."""
        keep = max(0, self._searched - REACH_BYTES - LONGEST_LINE)
        keep = keep if self._start is None else min(keep, self._start)
        if keep:
            window, rest = self._window, self._filled - keep
            window[:rest] = memoryview(window)[keep : self._filled].tobytes()
            self._base += keep
            self._filled -= keep
            self._searched -= keep
            self._last -= keep
            self._emitted = max(0, self._emitted - keep)
            self._start = None if self._start is None else self._start - keep
            self._hits = [hit - keep for hit in self._hits]

    def _break_long_lines(self) -> None:
        """End any line at LONGEST_LINE bytes, never inside a literal, by putting a newline there."""
        start = self._searched
        while (cut := self._next_cut(start)) is not None:
            self._window[cut:cut] = b"\n"
            self._filled += 1
            self.long_lines += 1
            start = cut + 1

    def _next_cut(self, start: int) -> int | None:
        """Where the next line from `start` on that is too long must be cut; None without one."""
        window, stride = self._window, LONGEST_LINE // 2
        at = start
        while at + stride < self._filled:
            newline = window.rfind(b"\n", at, at + stride)
            if newline >= 0:
                start, at = newline + 1, newline + 1
                continue
            newline = window.find(b"\n", at, start + LONGEST_LINE + self._longest_literal)
            if newline < 0 and self._filled > start + LONGEST_LINE + self._longest_literal:
                return self._before_literal(start + LONGEST_LINE)
            at = newline + 1 if newline >= 0 else self._filled
            start = at
        return None

    def _before_literal(self, cut: int) -> int:
        reach = self._longest_literal - 1
        for match in re.compile(b"|".join(map(re.escape, self._literals))).finditer(
            self._window, max(0, cut - reach), cut + reach
        ):
            if match.start() < cut < match.end():
                return match.start()
        return cut
