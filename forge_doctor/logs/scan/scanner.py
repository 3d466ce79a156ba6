"""Cuts the regions worth reading out of a stream of bytes of any length, in bounded memory; parses nothing.

A line is worth reading where it has one of the literals. A region is such a line, the lines shortly before and
after it, and on from there as long as frames of a traceback follow: however the stream arrives in pieces, and
whichever engine searches, the same bytes come out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from forge_doctor.logs.scan.reach import BACK_BYTES, REACH_BYTES, beginning, extent, frames_in, line_end
from forge_doctor.logs.scan.readable import Counter, Familiar, Readable
from forge_doctor.logs.scan.region import SEEN_BYTES, Region
from forge_doctor.logs.scan.wanted import Wanted
from forge_doctor.streams.carriers.pieces import Pieces
from forge_doctor.streams.sources.long_lines import LONGEST_LINE, LongLines

BLOCK_BYTES = 4 << 20
COUNTED_BYTES = 16 << 20
# What is known counts where it stands if it is there as a whole, which the last block to be searched often is not yet.
HELD_BYTES = 16 << 10
# A traceback that was pasted without its first line may name what no literal does. So much the window surely holds; of a
# longer log its end, where that stands which ended the program.
FRAMES_BYTES = 256 << 10


def scan(
    stream: Readable,
    source: str,
    wanted: Wanted,
    block_bytes: int = BLOCK_BYTES,
    familiar: Familiar | None = None,
) -> Iterator[Region]:
    """The regions of a whole stream, but what `familiar` counts."""
    scanner = Scanner(source, wanted, block_bytes, familiar)
    while got := stream.readinto(scanner.room()):
        yield from scanner.advance(got)
    yield from scanner.finish()


class Scanner:
    """A window that slides over a stream: fill `room()`, then `advance()` past what was filled.

    All positions are in the window; `_base` is the place of its first byte in the source, of which `begin` bytes were
    left out. What `familiar` counts is in no region; it is asked after all regions before have been taken.
    """

    def __init__(
        self,
        source: str,
        wanted: Wanted,
        block_bytes: int = BLOCK_BYTES,
        familiar: Familiar | None = None,
        begin: int = 0,
        counter: Counter | None = None,
    ) -> None:
        self.source = source
        self._counter = counter
        self.counted_blocks = 0
        self._familiar = familiar
        self.read_bytes = 0
        self.long_lines = 0
        self._search = wanted.engine.search
        self._split = wanted.engine.counts if counter is not None else None
        self._long_lines = LongLines(wanted.literals, wanted.engine.search)
        self._pieces = Pieces()
        self._block = block_bytes
        self._window = bytearray(block_bytes + 2 * (REACH_BYTES + LONGEST_LINE))
        self._counted = (0, 0)  # lines, and the bytes they were counted in
        self._base = begin
        self._filled = 0
        self._searched = 0
        self._start: int | None = None  # of the region that is still growing
        self._last = 0  # end of the last line that is known to belong to it
        self._horizon = 0  # where that region ends if no more hits come
        self._reach = 0  # where what comes is too far away to belong to it
        self._emitted = 0  # end of the last region, or of the last block that was counted
        self._found = False  # any literal
        self._hits: list[int] = []  # in the region that is still growing
        self._held: list[int] = []  # so near the end that a block there may go on in what comes

    @property
    def read_lines(self) -> int:
        """Lines read: counted up to COUNTED_BYTES, then in proportion, as counting costs as much as searching."""
        lines, counted = self._counted
        return lines if self.read_bytes < COUNTED_BYTES else round(lines * self.read_bytes / counted)

    @property
    def is_estimate(self) -> bool:
        """Whether `read_lines` was not counted line by line."""
        return self._counted[1] < self.read_bytes

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
        end = min(self._whole_lines(), self._window.rfind(b"\n", self._searched, self._filled) + 1)
        if end > self._searched:
            yield from self._regions(end, complete=False)

    def settle(self) -> Iterator[Region]:
        """The region of a log that has paused, up to its last whole line; the scanner goes on."""
        yield from self._regions(self._searched, complete=True)

    def skip(self, count: int) -> None:
        """After `settle`: go on `count` bytes farther, nothing of what came being within reach."""
        self._base += self._filled + count
        self._filled = self._searched = self._last = self._emitted = 0

    def pass_over(self, data: bytes) -> None:
        """After `settle`: go on behind whole lines that were counted, which may be looked back at."""
        self.room()[: len(data)] = data
        self._filled += len(data)
        self._searched = self._last = self._emitted = self._filled

    def seen(self) -> tuple[bytes, int]:
        """What came last, to look back at, and the place of its end."""
        return bytes(self._window[max(0, self._filled - SEEN_BYTES) : self._filled]), self._base + self._filled

    def finish(self) -> Iterator[Region]:
        """The last regions, and a last line that was never ended; of a log without a literal the frames at its end."""
        self._whole_lines()
        yield from self._regions(self._filled, complete=True)
        if self._found or self._emitted:
            return
        start = 0 if self.read_bytes <= FRAMES_BYTES else max(0, self._filled - BACK_BYTES)
        start = self._window.find(b"\n", start, self._filled) + 1 if start else 0
        data = bytes(memoryview(self._window)[start : self._filled])
        if hits := frames_in(data):
            yield Region(source=self.source, data=data, offset=self._base + start, before=b"", hits=hits)

    def _whole_lines(self) -> int:
        """Join the pieces of lines and shorten those that are too long; where one begins of which more pieces are to come."""
        try:
            return self._mend_lines()
        except BufferError:  # a stream that broke off keeps its last view of it, with the reason
            self._window = bytearray(self._window)
            return self._mend_lines()

    def _mend_lines(self) -> int:
        window, begin = self._window, self._searched
        self._filled = self._pieces.join(window, begin, self._filled)
        more, count = self._long_lines.end(window, begin, self._filled)
        self._filled += more
        self.long_lines += count
        if not self._pieces.goes_on:
            return self._filled
        ended = window.rfind(b"\n", begin, self._filled)
        return window.rfind(b"\n", begin, max(begin, ended)) + 1 or begin

    def _regions(self, end: int, *, complete: bool) -> Iterator[Region]:
        hits = self._hits_to(end, complete=complete)
        if self._start is not None:
            self._horizon = self._extend(hits[0], end)
        number, last, familiar = 0, len(hits) - 1, self._familiar
        while number < last:
            hit = hits[number]
            number += 1
            if self._start is None:
                if hit < self._emitted:
                    number = bisect_left(hits, self._emitted, number, last)
                elif familiar is None or not self._count(familiar.find(self._window, hit, self._emitted, end)):
                    self._begin(hit, hits[number], end)
            elif hit < self._last:
                self._pass(hit, hits[number], end)
            else:
                yield from self._take(hit, hits[number], end)
        if self._start is not None and (complete or self._reach <= hits[-1]):
            if self._horizon > self._start:
                yield self._emit(self._horizon)
            self._start = None
        elif self._start is not None and self._last - self._start > BACK_BYTES:
            yield self._emit(self._last, ends=False)

    def _hits_to(self, end: int, *, complete: bool) -> Sequence[int]:
        """The hits to look at now, and behind them the next one, or `end`."""
        hits = [*self._held, *self._search_to(end)]
        ready = len(hits) if complete else bisect_left(hits, end - HELD_BYTES)
        self._held = hits[ready:]
        return [*hits[:ready], self._held[0] if self._held else end]

    def _search_to(self, end: int) -> Sequence[int]:
        """The hits in the bytes that were not searched yet."""
        window, begin = self._window, self._searched
        if begin >= end:
            return ()
        with memoryview(window)[begin:end] as view:
            hits, counted = self._split(view) if self._split is not None else (self._search(view), ())
        if self._counter is not None:
            for place in counted:
                self._counter(window, begin + place)
        if self._counted[1] < COUNTED_BYTES:
            lines = window.count(b"\n", begin, end) + (window[end - 1] != 10)
            self._counted = (self._counted[0] + lines, self._counted[1] + end - begin)
        self._searched = end
        self._found = self._found or bool(hits)
        return [begin + hit for hit in hits]

    def _take(self, hit: int, following: int, end: int) -> Iterator[Region]:
        """Count the known block that begins with the line of a hit, else let a region begin or grow with it."""
        if self._start is not None and hit >= self._horizon:
            yield self._emit(self._horizon)
        elif self._start is not None and self._last - self._start > BACK_BYTES:
            yield self._emit(self._last, ends=False)
        known = self._find(hit, end)
        if known is not None and self._start is not None and known.begin > self._start:
            yield self._emit(known.begin, ends=False)
        if not self._count(known):
            self._begin(hit, following, end)

    def _begin(self, hit: int, following: int, end: int) -> None:
        """Let a region begin, or grow, with the line of a hit."""
        if self._start is None:
            self._start = beginning(self._window, hit, self._emitted)
        self._hits.append(hit)
        self._last = line_end(self._window, hit, end)
        self._horizon = self._extend(following, end)

    def _pass(self, hit: int, following: int, end: int) -> None:
        """Let a region have a hit in a line that belongs to it, a frame's, behind which more frames may follow."""
        self._hits.append(hit)
        if following >= self._last:
            self._horizon = self._extend(following, end)

    def _find(self, hit: int, end: int) -> Any:
        if self._familiar is None:
            return None
        lowest = self._emitted if self._start is None else self._last
        return self._familiar.find(self._window, hit, lowest, end)

    def _count(self, known: Any) -> bool:
        """Count a known block in place of a region; False where there is none, or that can't be."""
        if known is None or self._familiar is None or not self._familiar.count(known, self._window, self._base):
            return False
        self.counted_blocks += 1
        self._start, self._emitted = None, known.after
        return True

    def _extend(self, hit: int, end: int) -> int:
        """Move `_last` along the frames that follow it before the next hit; where the region ends if none comes."""
        self._last, self._reach, horizon = extent(self._window, self._last, hit, end)
        return horizon

    def _emit(self, end: int, *, ends: bool = True) -> Region:
        start = self._start or 0
        data = bytes(memoryview(self._window)[start:end])
        before = bytes(self._window[max(0, start - SEEN_BYTES) : start])
        hits = [hit - start for hit in self._hits]
        self._start, self._emitted, self._hits = (None if ends else end), end, []
        return Region(source=self.source, data=data, offset=self._base + start, before=before, hits=hits)

    def _slide(self) -> None:
        """Forget what no region can reach any more."""
        keep = max(0, (self._held[0] if self._held else self._searched) - BACK_BYTES - SEEN_BYTES)
        keep = keep if self._start is None else min(keep, self._start - SEEN_BYTES)
        if keep > 0:
            window, rest = self._window, self._filled - keep
            window[:rest] = memoryview(window)[keep : self._filled].tobytes()
            self._base += keep
            self._filled -= keep
            self._searched -= keep
            self._last -= keep
            self._emitted = max(0, self._emitted - keep)
            self._start = None if self._start is None else self._start - keep
            self._hits = [hit - keep for hit in self._hits]
            self._held = [hit - keep for hit in self._held]
