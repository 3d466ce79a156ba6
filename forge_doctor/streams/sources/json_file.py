"""The part of a json-file log between two moments, found without reading the rest: its lines are in order of time."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.streams.sources.files import FileSlice, LogStream, open_path
from forge_doctor.streams.sources.unpack import GZIP

LONGEST_ENTRY = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a rotated json-file log."""

    path: Path

    @property
    def packed(self) -> bool:
        """Whether the Engine compressed it."""
        with self.path.open("rb") as file:
            return file.read(2) == GZIP


def entry_time(line: bytes) -> str:
    """The time of an entry in a form that sorts, empty where there is none (a half-written entry)."""
    _, mark, rest = line.rpartition(b'"time"')
    moment, closed, _ = rest.lstrip(b': "').partition(b'"')
    return sortable(moment.decode("ascii", "replace")) if mark and closed else ""


def sortable(moment: str) -> str:
    """The Engine writes fractions without their last zeros: `08:00:01.5Z` -> `08:00:01.500000000`."""
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def as_sortable(seconds: float | None, without: str) -> str:
    """A moment in the same form; `without` where there is none."""
    return without if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}000"


def part_between(part: Part, since: float | None, until: float | None) -> LogStream:
    """The entries of a part from `since` to `until`, both inclusive; possibly none."""
    first, last = as_sortable(since, ""), as_sortable(until, "9999")
    if part.packed:
        return Between(open_path(part.path), first, last)
    try:
        with part.path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            start = offset_of(file, size, first, after=False)
            end = offset_of(file, size, last, after=True)
        return FileSlice(part.path, start, end)
    except OSError as error:
        raise CannotInspect(f"{part.path}: cannot be read: {error.strerror}") from error


def offset_of(file: Any, size: int, moment: str, *, after: bool) -> int:
    """Where the entries from `moment` on begin, by bisection; with `after`, those later than it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        line = next_line(file, middle)
        line_start = middle if middle == 0 else file_line_start(file, middle, high)
        if line_start >= high or not line:
            high = middle
            continue
        time = entry_time(line)
        if time and (time > moment if after else time >= moment):
            high = middle
        else:
            low = line_start + len(line)
    return min(low, size)


def file_line_start(file: Any, offset: int, limit: int) -> int:
    """The start of the first line that begins at or after `offset`."""
    file.seek(offset - 1)
    data = file.read(min(LONGEST_ENTRY, limit - offset + 1))
    newline = data.find(b"\n")
    return limit if newline < 0 else offset - 1 + newline + 1


def next_line(file: Any, offset: int) -> bytes:
    """The first line that begins at or after `offset`."""
    if offset:
        file.seek(offset - 1)
        file.readline()
    else:
        file.seek(0)
    line: bytes = file.readline()
    return line


class Between(io.RawIOBase):
    """The entries of a stream that can't be searched back and forth."""

    def __init__(self, stream: LogStream, first: str, last: str) -> None:
        super().__init__()
        self._stream, self._first, self._last = stream, first, last
        self._block = memoryview(bytearray(1 << 20))
        self._rest, self._ready, self._ended = b"", b"", False

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        while not self._ready and not self._ended:
            self._more()
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self) -> None:
        count = self._stream.readinto(self._block) or 0
        data = self._rest + self._block[:count]
        self._ended = not count
        end = len(data) if self._ended else data.rfind(b"\n") + 1
        lines, self._rest = data[:end], data[end:]
        last_start = lines.rfind(b"\n", 0, len(lines) - 1) + 1
        # Most blocks lie wholly before what is asked for.
        if entry_time(lines[last_start:]) >= self._first or not entry_time(lines[last_start:]):
            kept = (line for line in lines.splitlines(keepends=True) if self._first <= entry_time(line) <= self._last)
            self._ready = b"".join(kept)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()
