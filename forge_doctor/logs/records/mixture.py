"""What tracebacks that are written at once have told so far, and whether a line of one may be another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from forge_doctor.logs.records.fitting import Paths, class_of, place_at, place_of
from forge_doctor.logs.records.line_kind import STACK, TOLD, UNFINISHED, Kind, State, kind_of
from forge_doctor.streams.heads.frames import Section

# Whether a frame's place is in the user's own code.
IsOwn = Callable[[bytes], bool]
Told = tuple[bytes, bytes]
"""The innermost line of the user's code above an exception, and the exception."""

MOST_WHOLE = 4096

_AFTER = {
    Kind.HEADER: State.HEADER,
    Kind.FRAME: State.FRAME,
    Kind.SOURCE: State.SOURCE,
    Kind.EXCEPTION: State.EXCEPTION,
    Kind.JOINER: State.JOINED,
}


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """A line that might as well be the other's: what both had told by then."""

    other: Trail
    own: bytes
    others_own: bytes
    told: int
    others_told: int


@dataclass(slots=True, eq=False)
class Trail:
    """One traceback: the innermost frame of the user's so far, and what stood above each exception before.

    `broken` says that a line of it stands where none can, or is missing; `stacked` that it shows a stack, which needs no
    exception behind it; `resumed` that a line of it came behind one of another.
    """

    own: bytes = b""
    told: list[Told] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    broken: bool = False
    stacked: bool = False
    resumed: bool = False

    def take(self, text: bytes, kind: Kind, state: State, is_own: IsOwn) -> None:
        """The traceback, so far in this state, takes a line."""
        if text.startswith(STACK):
            self.stacked = True
        if kind is Kind.HEADER:
            self.own = b""
        elif kind is Kind.FRAME and state not in TOLD and is_own(place := place_of(text)):
            self.own = place
        elif kind in (Kind.EXCEPTION, Kind.OTHER) and state in UNFINISHED and state is not State.JOINED:
            self.told.append((self.own, class_of(text)))
            self.own = b""

    def tear(self) -> None:
        """A line of it stands where none can, or is missing."""
        self.broken = not self.stacked

    def doubt(self, other: Trail) -> None:
        """The next line may be either's: it matters where they have not told the same."""
        if not (self.stacked or other.stacked) and (self.own, self.told) != (other.own, other.told):
            self.doubts.append(Doubt(other, self.own, other.own, len(self.told), len(other.told)))
            other.doubts.append(Doubt(self, other.own, self.own, len(other.told), len(self.told)))

    def is_sure(self, known: Collection[Told]) -> bool:
        """Whether it tells the same in whatever way the doubtful lines are given out, or only what also stood whole."""
        if (self.doubts or self.broken) and self.told and all(pair in known for pair in self.told):
            return True
        return not self.broken and all(self._is_same(doubt) for doubt in self.doubts)

    def _is_same(self, doubt: Doubt) -> bool:
        """Whether both tell what they would if they had changed places at that line."""
        mine, theirs = self.told, doubt.other.told
        if not (self.resumed or doubt.other.resumed):
            # Both stand in a row: one was cut off, and nothing of it comes behind the other's lines.
            return True
        if len(mine) <= doubt.told or len(theirs) <= doubt.others_told:
            return False
        changed = (
            [*mine[: doubt.told], *_moved(theirs[doubt.others_told :], doubt.others_own, doubt.own)],
            [*theirs[: doubt.others_told], *_moved(mine[doubt.told :], doubt.own, doubt.others_own)],
        )
        return Counter(map(tuple, (mine, theirs))) == Counter(map(tuple, changed))


@dataclass(slots=True)
class Mixing:
    """What a log has shown so far of tracebacks that stand whole: what they blame, and what in them follows what."""

    is_own: IsOwn = bool
    whole: set[Told] = field(default_factory=set)
    paths: Paths = field(default_factory=Paths)

    def learn(self, sections: Iterable[Section]) -> None:
        """Remember the tracebacks of a record that nobody wrote into."""
        for section in sections if len(self.whole) < MOST_WHOLE else ():
            places = [place_at(_raw(frame.file), b"%d" % frame.line, _raw(frame.function)) for frame in section.frames]
            exception = _raw(section.exception)
            own = (place for place in reversed(places) if self.is_own(place))
            self.whole.add((next(own, b""), exception))
            self.paths.learn(places, exception)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def trail_of(lines: Iterable[bytes], is_own: IsOwn, grouped: bool) -> Trail:
    """What a traceback has told in these lines."""
    trail, state = Trail(), State.MESSAGE
    for text in lines:
        kind = kind_of(text, grouped)
        trail.take(text, kind, state, is_own)
        state = _AFTER.get(kind, state)
    return trail


def _moved(told: list[Told], before: bytes, behind: bytes) -> list[Told]:
    """What follows a line, behind another beginning: a line of the user's that stood before it stays there."""
    (own, exception), *rest = told
    return [(behind if own == before else own, exception), *rest]
