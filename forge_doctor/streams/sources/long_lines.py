"""Shortens or ends lines that are too long to keep, so that a stream without line ends is read in bounded memory."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence

LONGEST_LINE = 256 << 10
# So much is kept of either end of a line whose midst is left out: what stands around it has to stay within reach.
KEPT, LEFT_OUT = 500, b" ... "
# What a frame of a traceback has in every notation.
_FRAME = b", line "
# What JSON escapes begins so, the longest of it with four digits of a code.
_SLASH, _CODE, _LONGEST_ESCAPE = ord("\\"), ord("u"), len("\\u00e9")


class LongLines:
    """Looks after lines of LONGEST_LINE bytes: leaves out their midst where nothing is looked for in it, as it is data.

    Else it puts a newline there, never inside one of the literals. Remembers whether the last line was shortened.
    """

    def __init__(self, literals: Iterable[bytes], search: Callable[[bytes], Sequence[int]]) -> None:
        self._words = tuple(literals)
        self._reach = max(map(len, self._words))
        self._search = search
        self._shortened = False

    @functools.cached_property
    def _literals(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(map(re.escape, self._words)))

    def end(self, window: bytearray, start: int, filled: int) -> tuple[int, int]:
        """End those between `start`, where a line begins, and `filled`: by how many bytes there are more, and how many were cut."""
        before, count = filled, 0
        while True:
            if self._shortened and (rest := window.find(b"\n", start, filled)) >= 0:
                less = self._shorten(window, start, rest)
                start, filled, self._shortened = rest - less + 1, filled - less, False
            found = self._next_cut(window, start, filled)
            if found is None:
                return filled - before, count
            start, cut = found
            count += not self._shortened
            less = self._shorten(window, start, cut)
            self._shortened, filled = less > 0, filled - less
            if not less:
                window[cut:cut] = b"\n"
                start, filled = cut + 1, filled + 1

    def _shorten(self, window: bytearray, start: int, end: int) -> int:
        """Leave out the midst of a line or a piece of it where nothing is looked for in it; how many bytes fewer there are."""
        midst = bytes(window[start + KEPT - self._reach : end - KEPT + self._reach])
        if end - start <= 4 * KEPT:
            return 0
        left = slice(_unescaped(window, start + KEPT), _unescaped(window, end - KEPT))
        less = left.stop - left.start - len(LEFT_OUT)
        if less <= 0 or _FRAME in midst or self._search(midst):
            return 0
        window[left] = LEFT_OUT
        return less

    def _next_cut(self, window: bytearray, start: int, filled: int) -> tuple[int, int] | None:
        """Where the next line from `start` on begins that is too long, and where it must be cut; None without one."""
        stride, at = LONGEST_LINE // 2, start
        while at + stride < filled:
            newline = window.rfind(b"\n", at, at + stride)
            if newline >= 0:
                start, at = newline + 1, newline + 1
                continue
            longest = start + LONGEST_LINE + self._reach
            newline = window.find(b"\n", at, longest)
            if newline < 0 and filled > longest:
                return start, self._before_literal(window, start + LONGEST_LINE)
            start = at = newline + 1 if newline >= 0 else filled
        return None

    def _before_literal(self, window: bytearray, cut: int) -> int:
        reach = self._reach - 1
        for match in self._literals.finditer(window, max(0, cut - reach), cut + reach):
            if match.start() < cut < match.end():
                return match.start()
        return cut


def _unescaped(window: bytearray, place: int) -> int:
    """The next place that is in the midst of nothing that JSON escapes."""
    while window[place] == _SLASH and place + _LONGEST_ESCAPE < len(window):
        place += 1
    if _is_escaped(window, place):
        return place + (_LONGEST_ESCAPE - 1 if window[place] == _CODE else 1)
    for before in range(place - 1, place - _LONGEST_ESCAPE + 1, -1):
        if window[before] == _CODE and _is_escaped(window, before):
            return before + _LONGEST_ESCAPE - 1
    return place


def _is_escaped(window: bytearray, place: int) -> bool:
    slashes = 0
    while slashes < place and window[place - 1 - slashes] == _SLASH:
        slashes += 1
    return slashes % 2 == 1
