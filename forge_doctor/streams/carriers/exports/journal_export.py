"""Reads journald's export format, which `journalctl -o export` and its remote services write.

Source: systemd's Journal Export Formats: fields of text as NAME=value, fields of bytes as NAME, a line end, their length in
64 bits (little-endian), the bytes, a line end; an empty line ends an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

KEPT = frozenset({"MESSAGE", "__REALTIME_TIMESTAMP", "_PID", "SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT", "CONTAINER_NAME"})
LENGTH_BYTES = 8
LONGEST_FIELD = 64 << 20


def is_export(sample: bytes) -> bool:
    """Whether a stream is in this format: each entry begins with its cursor."""
    return sample.startswith(b"__CURSOR=")


def entries_of(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The entries, of each the fields that are read; one that is cut at the end is given as far as it goes."""
    fields = _Fields(pieces)
    entry: dict[str, Any] = {}
    while (line := fields.line()) is not None:
        name, is_text, value = line.partition(b"=")
        if not line:
            if entry:
                yield entry
            entry = {}
            continue
        if not is_text:
            value = fields.sized()
        if (key := name.decode("ascii", "replace")) in KEPT:
            entry[key] = value.decode("utf-8", "replace")
    if entry:
        yield entry


class _Fields:
    """Bytes in pieces, taken by lines and by lengths."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._data = b""
        self._at = 0

    def line(self) -> bytes | None:
        """The next line without its end; None at the end of all."""
        while (end := self._data.find(b"\n", self._at)) < 0:
            if not self._more():
                rest, self._at = self._data[self._at :], len(self._data)
                return rest or None
        found, self._at = self._data[self._at : end], end + 1
        return found

    def sized(self) -> bytes:
        """The bytes of a field whose length stands before them."""
        size = min(int.from_bytes(self._take(LENGTH_BYTES), "little"), LONGEST_FIELD)
        value = self._take(size)
        self._take(1)
        return value

    def _take(self, size: int) -> bytes:
        while len(self._data) - self._at < size and self._more():
            pass
        found = self._data[self._at : self._at + size]
        self._at += len(found)
        return found

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        self._data, self._at = self._data[self._at :] + piece, 0
        return bool(piece)
