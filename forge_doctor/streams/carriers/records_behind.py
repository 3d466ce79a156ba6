"""JSON records a line that stand behind a prefix: what is learned off the line first, then out of the record."""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.streams.carriers.line_carriers import JsonLines, Prefixed
from forge_doctor.streams.carriers.told_line import MARK, TOLD


class RecordsBehind:
    """A prefix, and JSON records behind it; a record without a time has the prefix's."""

    def __init__(self, prefixed: Prefixed, records: JsonLines) -> None:
        self._prefixed, self._records = prefixed, records

    @property
    def said(self) -> str:
        """Both."""
        return f"{self._prefixed.said}, {self._records.said}"

    @property
    def unread(self) -> str:
        """What of the records could not be read."""
        return self._records.unread

    @property
    def learned(self) -> int:
        """Another number where either learned something."""
        return 2 * self._prefixed.learned + self._records.learned

    def translate(self, data: bytes) -> bytes:
        """What the records say."""
        return b"".join(
            self._told(line, self._records.translate) for line in self._lines(self._prefixed.translate(data))
        )

    def look(self, data: bytes) -> bytes:
        """The same, and nothing is learned or counted."""
        return b"".join(self._told(line, self._records.look) for line in self._lines(self._prefixed.look(data)))

    def pass_over(self, lines: int) -> None:
        """They had messages."""
        self._records.pass_over(lines)

    def _lines(self, data: bytes) -> list[bytes]:
        return data.splitlines(keepends=True)

    def _told(self, line: bytes, told: Callable[[bytes], bytes]) -> bytes:
        found = TOLD.match(line) if MARK in line[:48] else None
        rest = line[found.end() :] if found else line
        if rest[:1] != b"{":
            return line
        out = told(rest)
        if found is None or MARK in out[:48]:
            return out
        return b"".join(found[0] + one for one in out.splitlines(keepends=True))


def bare(data: bytes) -> bytes:
    """Told lines without what is told of them."""
    return b"\n".join(TOLD.sub(b"", line, count=1) for line in data.split(b"\n")[:2_000])
