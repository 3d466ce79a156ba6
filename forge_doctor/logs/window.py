"""The bytes being read: where the next line worth reading is, and what stood before it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from forge_doctor.logs.engines import Search
from forge_doctor.logs.record import BEFORE_BYTES
from forge_doctor.logs.scan import FRAME_MARKERS

SMALLEST_CHUNK, LARGEST_CHUNK = 2_560, 1 << 17


class Window:
    """A region's bytes with those shortly before it.

    Where the scanner's hits did not come with it, literals are searched for a chunk at a time, and
    only where somebody asks.
    """

    def __init__(
        self, data: bytes, offset: int, before: bytes, search: Search, hits: Sequence[int] | None = None
    ) -> None:
        self.data = data
        self.offset = offset
        self._before = before
        self._search = search
        self._searched_to = 0 if hits is None else len(data)
        self._hits: Sequence[int] = hits or ()
        self._chunk = SMALLEST_CHUNK
        self._frames = [-1] * len(FRAME_MARKERS)

    def literal_at(self, begin: int) -> int:
        """Where a line with a literal is, at `begin` or after; the length of the data if there is none."""
        while True:
            at = bisect_left(self._hits, begin)
            if at < len(self._hits):
                return self._hits[at]
            start = max(begin, self._searched_to)
            if start >= len(self.data):
                return len(self.data)
            end = self.data.find(b"\n", start + self._chunk) + 1 or len(self.data)
            self._chunk = min(2 * self._chunk, LARGEST_CHUNK)
            self._hits = [start + hit for hit in self._search(self.data[start:end])]
            self._searched_to = end

    def jump(self) -> None:
        """What comes next is known already: do not search far ahead."""
        self._chunk = SMALLEST_CHUNK

    def frame_at(self, begin: int) -> int:
        """Where a frame is, at `begin` or after; the length of the data if there is none."""
        for number, marker in enumerate(FRAME_MARKERS):
            if self._frames[number] < begin:
                found = self.data.find(marker, begin)
                self._frames[number] = found if found >= 0 else len(self.data)
        return min(self._frames)

    def line_of(self, position: int, lowest: int) -> int:
        """Where the line that holds `position` begins."""
        return self.data.rfind(b"\n", lowest, position) + 1 or lowest

    def lines_before(self, offset: int, since: int = 0) -> Iterator[tuple[bytes, int]]:
        """The whole lines shortly before a place in the source, last first, with their places."""
        text = self._reach(offset)
        start = offset - len(text)
        end = len(text)
        while end > 0:
            begin = text.rfind(b"\n", 0, end - 1) + 1
            if start + begin < max(since, offset - BEFORE_BYTES) or (begin == 0 and start > 0):
                return
            yield text[begin:end], start + begin
            end = begin

    def before(self, offset: int) -> bytes:
        """The whole lines shortly before a place, in one piece that ends there."""
        text = self._reach(offset)
        return text[text.find(b"\n") + 1 :] if offset > len(text) else text

    def _reach(self, offset: int) -> bytes:
        """BEFORE_BYTES before a place, and one byte more to see whether a line begins there."""
        at = offset - self.offset
        most = BEFORE_BYTES + 1
        if at >= most:
            return self.data[at - most : at]
        return (self._before + self.data[: max(0, at)])[-most:] if at >= 0 else self._before[: at or None][-most:]


def lines_before(window: bytearray, at: int, base: int) -> bytes:
    """The whole lines shortly before a place of a window that begins at `base` in the source, in one piece."""
    start = max(0, at - BEFORE_BYTES - 1)
    return bytes(window[start if start + base == 0 else window.find(b"\n", start, at) + 1 or at : at])
