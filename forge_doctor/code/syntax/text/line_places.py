"""Lines and columns of byte offsets in a file, and the way back; a file is read for its lines once."""

from __future__ import annotations

import re
from bisect import bisect_right


class LinePlaces:
    """Of the bytes of one file. Lines and columns begin with 1, columns count characters."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        before = self._data[self._starts[line - 1] : offset]
        return line, (len(before) if before.isascii() else len(before.decode("utf-8", "replace"))) + 1

    def offset(self, line: int, column: int) -> int:
        """Where a line and column stand; the last line's beginning for a line behind the end."""
        start = self._starts[min(line, len(self._starts)) - 1]
        end = self._data.find(b"\n", start)
        text = self._data[start : len(self._data) if end < 0 else end]
        return start + len(text.decode("utf-8", "replace")[: column - 1].encode())
