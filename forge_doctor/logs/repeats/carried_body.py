"""The lines of a block behind what a carrier puts round each: whether they stand at a place, whatever their times.

The lines of a block are written at once, so most have one time, or one up to a line and another from there on: the
bytes that stand there if so are made, and compared. What has more times is taken apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from struct import Struct

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.records.tracebacks.traceback_bodies import FORK_BYTES, alike_up_to
from forge_doctor.logs.repeats.known_block import Repeat
from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import DIGITS

_TIME = regex(rb"\d[\d:.,TZ+-]*")


@dataclass(slots=True, eq=False)
class Body:
    """The raw lines of a block after its first, and the told ones; `times` are places in it that may differ."""

    raw: bytes
    told: bytes
    repeat: Repeat
    times: dict[int, int] = field(default_factory=dict)
    _starts: tuple[int, ...] = ()
    _width: int = 0  # of each time, where all are of one shape
    _fixed: Struct = field(default_factory=lambda: Struct(""))
    _varying: Struct = field(default_factory=lambda: Struct(""))
    _pieces: tuple[bytes, ...] = ()
    _shapes: bytes = b""
    _shape: bytes = b""
    _tail: int = 0
    _front: tuple[tuple[int, int], ...] = ()  # the times of the last line
    lines: int = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.told.count(b"\n")

    def learn(self, other: bytes) -> bool:
        """Take the same body with other times; False where they differ in more."""
        if len(other) != len(self.raw):
            self.raw, self.times = other, {}
        found = dict(self.times)
        for time in _TIME.finditer(self.raw):
            begin, end = time.span()
            written = other[begin:end]
            if written != time[0]:
                if written.translate(DIGITS) != time[0].translate(DIGITS):
                    return False
                found[begin] = end
        self.times = dict(sorted(found.items()))
        self._arrange()
        return self._is_at(other, 0)

    def _arrange(self) -> None:
        spans = _joined(self.times.items())
        fixed, varying, at = "", "", 0
        for begin, end in spans:
            fixed += f"{begin - at}s{end - begin}x"
            varying += f"{begin - at}x{end - begin}s"
            at = end
        self._tail = at
        self._fixed, self._varying = Struct(f"{fixed}{len(self.raw) - at}s"), Struct(varying)
        self._pieces = self._fixed.unpack(self.raw)
        self._shapes = self._times_at(self.raw, 0)
        shapes = {self.raw[begin:end].translate(DIGITS) for begin, end in spans}
        self._shape = shapes.pop() if len(shapes) == 1 else b""
        self._width, self._starts = len(self._shape), tuple(begin for begin, _ in spans)
        last = self.raw.rfind(b"\n", 0, -1) + 1
        self._front = tuple((begin - last, end - last) for begin, end in spans if begin >= last)

    def _times_at(self, data: bytes | bytearray, begin: int) -> bytes:
        return b"\n".join(self._varying.unpack_from(data, begin)).translate(DIGITS)

    @property
    def masked(self) -> bytes:
        """The raw lines with nothing where times are."""
        masked = bytearray(self.raw)
        for begin, end in self.times.items():
            masked[begin:end] = bytes(end - begin)
        return bytes(masked)

    def is_at(self, data: bytearray, begin: int, end: int) -> bool:
        """Whether it stands there, whatever its times."""
        return (
            begin + len(self.raw) < end
            and data.startswith(self._pieces[-1], begin + self._tail)
            and (self._is_written_at(data, begin) or self._is_at(data, begin))
        )

    def is_before(self, data: bytearray, after: int, first: bytes) -> bool:
        """Whether the line behind the block begins with these bytes of its first line, but for their times."""
        written = bytes(data[after : after + len(first)])
        for begin, end in self._front:
            if end > len(first):
                break
            if written[begin:end].translate(DIGITS) != first[begin:end].translate(DIGITS):
                return False
            written = written[:begin] + first[begin:end] + written[end:]
        return written == first

    def _is_written_at(self, data: bytearray, begin: int) -> bool:
        """Whether it stands there with one time, or two of which the second has all lines from one on."""
        if not self._width:
            return False
        first, last = self._time_at(data, begin, 0), self._time_at(data, begin, -1)
        if first.translate(DIGITS) != self._shape or last.translate(DIGITS) != self._shape:
            return False
        pieces = self._pieces
        if first == last:
            return data.startswith(first.join(pieces), begin)
        turn = bisect_left(self._starts, True, key=lambda at: data[begin + at : begin + at + self._width] != first)
        return data.startswith(b"%b%b%b" % (first.join(pieces[: turn + 1]), last, last.join(pieces[turn + 1 :])), begin)

    def _time_at(self, data: bytearray, begin: int, which: int) -> bytes:
        at = begin + self._starts[which]
        return bytes(data[at : at + self._width])

    def _is_at(self, data: bytes | bytearray, begin: int) -> bool:
        return self._fixed.unpack_from(data, begin) == self._pieces and self._times_at(data, begin) == self._shapes


@dataclass(slots=True)
class Alike:
    """Bodies that may follow the same first line, told apart by the bytes from where they differ."""

    known: list[Body] = field(default_factory=list)
    _fork: int = 0
    _width: int = 0
    _by_fork: dict[bytes, list[Body]] = field(default_factory=dict)

    def add(self, body: Body) -> None:
        """Take a new one, or one of which other times were learned."""
        if body not in self.known:
            self.known.append(body)
        masked = [one.masked for one in self.known]
        self._fork = alike_up_to(masked)
        times = [at for one in self.known for at in one.times if at >= self._fork]
        within = any(begin <= self._fork < end for one in self.known for begin, end in one.times.items())
        end = min(self._fork + FORK_BYTES, *(len(text) for text in masked), *times)
        self._width = 0 if within else max(0, end - self._fork)
        self._by_fork = {}
        for one in self.known:
            self._by_fork.setdefault(one.raw[self._fork : self._fork + self._width], []).append(one)

    def at(self, data: bytearray, begin: int) -> Sequence[Body]:
        """Those that can stand at a place."""
        fork = begin + self._fork
        return self._by_fork.get(bytes(data[fork : fork + self._width]), ())


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places, those with a single byte between them as one: a date and its time."""
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and begin - joined[-1][1] <= 1:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
