"""Carriers inside one another: JSON records behind a prefix, a prefix in the records, records in records of another kind."""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.streams.carriers.line_carriers import LineCarrier
from forge_doctor.streams.carriers.line_format import ANSI, Unwrapper
from forge_doctor.streams.carriers.told_line import MARK, TOLD, told


class Nested:
    """What is put round each line, and inside it something else; what the inner one does not tell, the outer one does."""

    def __init__(self, outer: LineCarrier, inner: LineCarrier) -> None:
        self._outer, self._inner = outer, inner

    @property
    def said(self) -> str:
        """Both."""
        return ", ".join(filter(None, (self._outer.said, self._inner.said)))

    @property
    def unread(self) -> str:
        """What of either could not be read."""
        return "; ".join(filter(None, (self._outer.unread, self._inner.unread)))

    @property
    def learned(self) -> int:
        """Another number where either learned something."""
        return (self._outer.learned << 8) + self._inner.learned

    def translate(self, data: bytes) -> bytes:
        """What the lines inside say."""
        return self._lines(self._outer.translate(data), self._inner.translate)

    def look(self, data: bytes) -> bytes:
        """The same, and nothing is learned or counted."""
        return self._lines(self._outer.look(data), self._inner.look)

    def pass_over(self, lines: int) -> None:
        """They were read."""
        self._outer.pass_over(lines)
        self._inner.pass_over(lines)

    def _lines(self, data: bytes, inside: Callable[[bytes], bytes]) -> bytes:
        return b"".join(self._told(line, inside) for line in data.splitlines(keepends=True))

    def _told(self, line: bytes, inside: Callable[[bytes], bytes]) -> bytes:
        found = TOLD.match(line) if MARK in line[:48] else None
        if found is None:
            return inside(line)
        out = inside(line[found.end() :])
        if MARK in out[:48]:
            return out
        return b"".join(found[0] + one for one in out.splitlines(keepends=True))


class Known:
    """Prefixes that need no learning, taken off because something stands behind them that does."""

    said, unread, learned = "", "", 0

    def __init__(self, unwrapper: Unwrapper) -> None:
        self._unwrapper = unwrapper

    def translate(self, data: bytes) -> bytes:
        """The lines, with what stands before them told."""
        return b"".join(self._told(line) for line in data.splitlines(keepends=True))

    look = translate

    def pass_over(self, lines: int) -> None:
        """Nothing is counted."""

    def _told(self, raw: bytes) -> bytes:
        line = self._unwrapper.line(ANSI.sub(b"", raw))
        return told(line.text, line.at, line.service.encode())


def bare(data: bytes) -> bytes:
    """Told lines without what is told of them."""
    return b"\n".join(TOLD.sub(b"", line, count=1) for line in data.split(b"\n")[:2_000])
