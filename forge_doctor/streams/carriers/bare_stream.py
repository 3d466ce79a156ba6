"""A stream of told lines without what is told of them, which is kept for what is made of the lines."""

from __future__ import annotations

import itertools
import operator
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.told_line import MARK, TOLD, prefix_of
from forge_doctor.streams.times.clock import iso, stamp_seconds

PIECE_BYTES, LONGEST_LINE = 1 << 20, 32 << 20
_LINE = regex(rb"[^\n]*\n|[^\n]+")


class Readable(Protocol):
    """A stream of bytes."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as there is; 0 at the end."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When lines were written and by which stream, as a carrier tells it."""

    at: float | None = None
    stream: str = ""

    @property
    def prefix(self) -> bytes:
        """As told lines begin."""
        return prefix_of(iso(self.at), self.stream.encode("utf-8", "replace"))


NOWHERE = Place()


class Lined:
    """Whole lines of a stream, translated; dropped before it was read it closes nothing."""

    def __init__(self, stream: Readable, translate: Callable[[bytes], bytes]) -> None:
        self._stream, self._translate = stream, translate
        self._cut, self._rest, self._ended = b"", b"", False

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        while not self._rest and not self._ended:
            self._rest = self._translate(self._lines())
        piece, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()

    def _lines(self) -> bytes:
        """The next whole lines; what of them is longer than any line is given as it is."""
        block = memoryview(bytearray(PIECE_BYTES))
        parts = [self._cut]
        self._cut = b""
        while sum(map(len, parts)) < LONGEST_LINE:
            got = self._stream.readinto(block) or 0
            if not got:
                self._ended = True
                break
            whole, end, rest = block[:got].tobytes().rpartition(b"\n")
            if end:
                self._cut = rest
                return b"".join((*parts, whole, end))
            parts.append(rest)
        return b"".join(parts)


class Bare(Lined):
    """Gives lines of one time and stream at once; `place` is that of those which were given last."""

    def __init__(self, stream: Readable, zone_s: float) -> None:
        super().__init__(stream, bytes)
        self._zone_s = zone_s
        self._runs: deque[tuple[bytes, bytes]] = deque()
        self._prefix = b""

    @property
    def place(self) -> Place:
        """When and by which stream the lines were written."""
        found = TOLD.match(self._prefix)
        if found is None:
            return NOWHERE
        at = stamp_seconds(found, self._zone_s) if found[1] else None
        return Place(at=at, stream=found[9].decode("utf-8", "replace"))

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer with lines of one place; 0 at the end."""
        view = memoryview(buffer).cast("B")
        while not self._runs and not self._ended:
            self._runs.extend(_runs(self._lines()))
        if not self._runs:
            return 0
        self._prefix, lines = self._runs.popleft()
        if len(lines) > len(view):
            self._runs.appendleft((self._prefix, lines[len(view) :]))
        piece = lines[: len(view)]
        view[: len(piece)] = piece
        return len(piece)


def _runs(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What is told of lines, and those that come one after another with it."""
    if MARK not in data:
        yield from [(b"", data)] if data else ()
        return
    for prefix, lines in itertools.groupby(map(_parted, _LINE.findall(data)), key=operator.itemgetter(0)):
        yield prefix, b"".join(text for _, text in lines)


def _parted(line: bytes) -> tuple[bytes, bytes]:
    found = TOLD.match(line) if MARK in line[:48] else None
    return (found[0], line[found.end() :]) if found else (b"", line)
