"""The bytes being read: where the next line worth reading is, and what stood before it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from forge_doctor.logs.scan.reach import FRAME_MARKERS
from forge_doctor.logs.scan.region import BEFORE_BYTES


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
        """The whole lines shortly before a place in the source, but not before `since`, last first, with their places."""
        for line in reversed(self.before(offset).split(b"\n")[:-1]):
            offset -= len(line) + 1
            if offset < since:
                return
            yield line + b"\n", offset

    def before(self, offset: int) -> bytes:
        """The whole lines shortly before a place in the source, in one piece that ends there."""
        at = offset - self.offset
        if at > BEFORE_BYTES:
            return lines_before(self.data, at, self.offset)
        text = self._before + self.data[:at] if at >= 0 else self._before[:at]
        return lines_before(text, len(text), offset - len(text))


def lines_before(text: bytes | bytearray, at: int, base: int) -> bytes:
    """The whole lines shortly before a place in a text that begins at `base` in the source, in one piece."""
    if base == 0 and at <= BEFORE_BYTES:
        return bytes(text[:at])
    # The byte before the first within reach says whether that one begins a line.
    return bytes(text[text.find(b"\n", max(0, at - BEFORE_BYTES - 1), at) + 1 or at : at])
