"""Leaves out what the Docker API gives twice to a follower; drops nothing that it is not sure of.

Where a log file is rotated the Engine goes back some entries. Each has its time in nanoseconds, so the same words at
the same time on the same stream are the same entry, unless they are pieces of one long line, which share its time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from forge_doctor.probes.docker.frames import PIECE_BYTES

MOST_REMEMBERED = 1 << 16


class RepeatedEntries:
    """Remembers the last entries; a repeat from further back is given again."""

    def __init__(self, remembered: int = MOST_REMEMBERED) -> None:
        self._newest: dict[bytes, bytes] = {}
        self._order: deque[int] = deque()
        self._known: set[int] = set()
        self._remembered = remembered

    def is_new(self, stream: bytes, entry: bytes) -> bool:
        """Whether an entry that begins with its time has not come before."""
        moment, newest = entry.partition(b" ")[0], self._newest.get(stream, b"")
        key = hash((stream, entry))
        piece = moment == newest and len(entry) >= PIECE_BYTES
        if moment <= newest and key in self._known and not piece:
            return False
        self._newest[stream] = max(moment, newest)
        self._remember(key)
        return True

    def newest(self) -> bytes:
        """The latest time of an entry, empty before the first."""
        return max(self._newest.values(), default=b"")

    def _remember(self, key: int) -> None:
        if key in self._known:
            return
        if len(self._order) == self._remembered:
            self._known.discard(self._order.popleft())
        self._order.append(key)
        self._known.add(key)


def unrepeated_lines(pieces: Iterable[bytes], repeated: RepeatedEntries) -> Iterator[bytes]:
    """A terminal's log, which has no frames, without its repeated lines."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield b"".join(line + b"\n" for line in lines if repeated.is_new(b"", line))
    if rest:
        yield rest
