"""Lines of tracebacks that are written at once: kept until all of them can be looked at, and given out as fits best."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.mixtures.evidence import goes_on, shows_code
from forge_doctor.logs.mixtures.places import Paths, place_at
from forge_doctor.logs.mixtures.thread import IsOwn, Reading, Thread, Told
from forge_doctor.logs.mixtures.ways import NOBODY, Way, Ways, crowded, is_in_a_row, owners_of
from forge_doctor.logs.records.line_kind import HEADER, Kind, State, kind_of
from forge_doctor.streams.heads.frames import Section

MOST_WHOLE = 4096
MOST_LINES = 10_000
"""Of a log with more lines in tracebacks that are mixed no more is told apart."""
LONGEST = 2_000
SURE = 7
"""By so much the best way must fit better than one that tells something else, twice as much where frames are split."""
MOST_AT_ONCE = 3
"""Of more that are open at once there are more ways than are followed: a wrong one may be all that is left of them."""


_ENDS = (Kind.EXCEPTION, Kind.JOINER)


@dataclass(slots=True)
class Mixing:
    """What a log has shown so far of tracebacks that stand whole: what they blame, and what in them follows what.

    `begun` says that another record has begun within a traceback: several write at once.
    """

    is_own: IsOwn = bool
    begun: bool = False
    whole: set[Told] = field(default_factory=set)
    paths: Paths = field(default_factory=Paths)
    left: int = MOST_LINES

    def learn(self, sections: Iterable[Section]) -> None:
        """Remember the tracebacks of a record that nobody wrote into."""
        for section in sections if len(self.whole) < MOST_WHOLE else ():
            places = [place_at(_raw(frame.file), b"%d" % frame.line, _raw(frame.function)) for frame in section.frames]
            exception = _raw(section.exception)
            own = (place for place in reversed(places) if self.is_own(place))
            self.whole.add((exception, next(own, b"")))
            self.paths.learn(places, exception)


@dataclass(frozen=True, slots=True)
class Written:
    """A line as it came, of a kind, or None where a record begins; `begins` says that one was begun with it."""

    text: bytes
    kind: Kind | None
    begins: bool = False
    headed: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """The lines that are one traceback's, by their places, and whether they surely are."""

    lines: tuple[int, ...]
    sure: bool


@dataclass(slots=True)
class Mixture:
    """What is written while more than one traceback is open. Who was begun by the line at a place has its number;
    those that were open before have -1, -2 and so on."""

    mixing: Mixing
    open: list[Thread]
    written: list[Written] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether it is given out where that is possible, and not kept any longer."""
        return len(self.written) > LONGEST // 8

    @property
    def is_too_long(self) -> bool:
        """Whether no more of it is kept."""
        return len(self.written) > LONGEST

    @property
    def goes_on(self) -> bool:
        """Whether a chain goes on before any exception stands in these lines: with one that was told before."""
        return next((one.kind is Kind.JOINER for one in self.written if one.kind in _ENDS), False)

    def shares(self) -> dict[int, Share] | None:
        """Each one's lines; None where there are too many to be told apart."""
        if len(self.written) > self.mixing.left:
            return None
        self.mixing.left -= len(self.written)
        ways = self._read()
        best = ways.ways[0]
        owners = owners_of(best)[len(self.open) :]
        lines: dict[int, list[int]] = {}
        for at, owner in ((at, owner) for at, owner in enumerate(owners) if owner != NOBODY):
            lines.setdefault(owner, []).append(at)
        sure = self._sure(ways, best, owners)
        return {owner: Share(tuple(lines.get(owner, ())), owner in sure) for owner in {*lines, *best.owners}}

    def _read(self) -> Ways:
        stays = goes_on((one.text, one.kind) for one in self.written)
        ways = Ways(Reading(self.mixing.paths, self.mixing.is_own), stays, self._is_split())
        for at, thread in enumerate(self.open):
            ways.begin(-1 - at, thread)
        for at, one in enumerate(self.written):
            if one.kind is None or (one.begins and one.kind is not Kind.HEADER):
                ways.begin(at, thread_at_head(one.text if one.headed else b"", one.headed))
            else:
                ways.take(one.text, one.kind, at)
        ways.finish()
        return ways

    def _is_split(self) -> bool:
        """Whether frames and their lines of code are written one by one, and not at once."""
        pairs = itertools.pairwise(one for one in self.written if one.kind is not None)
        return any(
            one.kind is Kind.FRAME and other.kind in (Kind.FRAME, Kind.HEADER) and shows_code(one.text)
            for one, other in pairs
        )

    def _sure(self, ways: Ways, best: Way, owners: Sequence[int]) -> Collection[int]:
        """Those that tell the same in every way that fits about as well."""
        threads = dict(zip(best.owners, ways.threads(best), strict=True))
        margin = SURE * (2 if ways.split else 1)
        near = [ways.tells(way) for way in ways.ways if way.score > best.score - margin]
        told = ways.tells(best)
        # One was cut off, and nothing of it comes behind another's lines.
        whole = is_in_a_row(owners)
        many = crowded(owners, MOST_AT_ONCE)
        return {
            owner
            for owner, one in threads.items()
            if not one.torn
            and owner not in many
            and (whole or all(other[one.tells] == told[one.tells] for other in near))
        }


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def thread_at_head(message: bytes, headed: bool) -> Thread:
    """A record that begins with its head, and its traceback where it stands in the same line."""
    return Thread(State.HEADER if HEADER in message else State.MESSAGE, headed=headed)


def thread_of(lines: Iterable[bytes], begun: Thread, grouped: bool, mixing: Mixing) -> Thread:
    """A traceback that nobody has written into so far."""
    ways = Ways(Reading(mixing.paths, mixing.is_own), 0)
    ways.begin(0, begun)
    for text in lines:
        ways.take(text, kind_of(text, grouped), 1)
    best = max(ways.ways, key=lambda way: way.score)
    return ways.threads(best)[-1]._replace(torn=False)
