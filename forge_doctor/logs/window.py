"""The bytes being read: where the next line worth reading is, and what stood before it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from forge_doctor.logs.record import BEFORE_BYTES
from forge_doctor.logs.scan import FRAME_MARKERS


class Window:
    """A region's bytes with those shortly before it; `hits` are the places of literals in it, ascending."""

    def __init__(self, data: bytes, offset: int, before: bytes, hits: Sequence[int]) -> None:
        self.data = data
        self.offset = offset
        self._before = before
        self._hits = hits
        self._frames = [-1] * len(FRAME_MARKERS)

    def literal_at(self, begin: int) -> int:
        """Where a line with a literal is, at `begin` or after; the length of the data if there is none."""
        at = bisect_left(self._hits, begin)
        return self._hits[at] if at < len(self._hits) else len(self.data)

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
