"""Ends lines that are too long to keep, so that a stream without line ends is read in bounded memory."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

LONGEST_LINE = 256 << 10


class LongLines:
    """Puts newlines where a line has LONGEST_LINE bytes, never inside one of the literals."""

    def __init__(self, literals: Iterable[bytes]) -> None:
        self._words = tuple(literals)
        self._reach = max(map(len, self._words))

    @functools.cached_property
    def _literals(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(map(re.escape, self._words)))

    def end(self, window: bytearray, start: int, filled: int) -> int:
        """End those between `start`, where a line begins, and `filled`; how many newlines were put in."""
        count = 0
        while (cut := self._next_cut(window, start, filled + count)) is not None:
            window[cut:cut] = b"\n"
            start, count = cut + 1, count + 1
        return count

    def _next_cut(self, window: bytearray, start: int, filled: int) -> int | None:
        """Where the next line from `start` on that is too long must be cut; None without one."""
        stride, at = LONGEST_LINE // 2, start
        while at + stride < filled:
            newline = window.rfind(b"\n", at, at + stride)
            if newline >= 0:
                start, at = newline + 1, newline + 1
                continue
            longest = start + LONGEST_LINE + self._reach
            newline = window.find(b"\n", at, longest)
            if newline < 0 and filled > longest:
                return self._before_literal(window, start + LONGEST_LINE)
            start = at = newline + 1 if newline >= 0 else filled
        return None

    def _before_literal(self, window: bytearray, cut: int) -> int:
        reach = self._reach - 1
        for match in self._literals.finditer(window, max(0, cut - reach), cut + reach):
            if match.start() < cut < match.end():
                return match.start()
        return cut
