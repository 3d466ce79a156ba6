"""The ways to give lines to the tracebacks that are written at once, followed side by side, the best of them kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.logs.mixtures.thread import CODE, Reading, Thread, Told
from forge_doctor.logs.records.line_kind import TOLD, Kind, State

MOST_WAYS = 64
MOST_BEHIND = 40
"""A way that fits by so much less than the best is given up."""
NOBODY = -1 << 20
_STRAY, _LEFT_OPEN, _CLEARLY = -20, 14, 4
_NOTHING = (Kind.BLANK, Kind.OTHER)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Who took a line, and the steps before."""

    before: Step | None
    owner: int


@dataclass(frozen=True, slots=True)
class Way:
    """Threads by their numbers, the one that took the last line at the end, and by whose line each was begun."""

    score: int
    threads: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    step: Step | None = None


@dataclass(slots=True)
class Ways:
    """All ways that fit about as well as the best one. `split` says that frames are written line by line."""

    reading: Reading
    stays: int
    split: bool = False
    ways: list[Way] = field(default_factory=lambda: [Way(0)])
    _threads: list[Thread] = field(default_factory=list)
    _numbers: dict[Thread, int] = field(default_factory=dict)

    def begin(self, owner: int, thread: Thread) -> None:
        """One more traceback, or a record that may have one. Of records that have none yet, the last is kept."""
        number = self._number(thread)
        for at, way in enumerate(self.ways):
            kept = [i for i, one in enumerate(way.threads) if self._threads[one].state is not State.MESSAGE]
            threads = (*(way.threads[i] for i in kept), number)
            owners = (*(way.owners[i] for i in kept), owner)
            self.ways[at] = Way(way.score, threads, owners, Step(way.step, owner))

    def take(self, text: bytes, kind: Kind, owner: int) -> None:
        """Read the next line in every way; `owner` is who begins with it, if one does."""
        if kind in _NOTHING or (kind is Kind.SOURCE and not text.startswith(CODE)) or _is_detail(text, kind):
            self.ways = [self._continued(way) for way in self.ways]
            return
        taken: dict[int, tuple[int, int] | None] = {}
        best: dict[tuple[int, ...], Way] = {}
        for way in self.ways:
            for following in self._following(way, text, kind, owner, taken):
                key = tuple(sorted(following.threads))
                if key not in best or best[key].score < following.score:
                    best[key] = following
        ways = sorted(best.values(), key=lambda one: -one.score)[:MOST_WAYS]
        self.ways = [one for one in ways if one.score >= ways[0].score - MOST_BEHIND]

    def finish(self) -> None:
        """Nothing follows: a traceback without its exception speaks against a way."""
        worth = ((way.score - _LEFT_OPEN * sum(one.unfinished for one in self.threads(way)), way) for way in self.ways)
        ranked = sorted(worth, key=lambda one: -one[0])
        self.ways = [Way(score, way.threads, way.owners, way.step) for score, way in ranked]

    def threads(self, way: Way) -> list[Thread]:
        """The tracebacks of a way."""
        return [self._threads[number] for number in way.threads]

    def tells(self, way: Way) -> Counter[tuple[Told, ...]]:
        """What its tracebacks blame for their exceptions."""
        return Counter(one.tells for one in self.threads(way) if one.tells)

    def _following(
        self, way: Way, text: bytes, kind: Kind, owner: int, taken: dict[int, tuple[int, int] | None]
    ) -> Iterator[Way]:
        last, fitted = len(way.threads) - 1, False
        # A frame, its line of code and the carets below it are written at once.
        first = last if kind is Kind.SOURCE and not self.split and self._is_in_frame(way) else 0
        for at, number in enumerate(way.threads[first:], first):
            if number not in taken:
                taken[number] = self._taken(number, text, kind)
            found = taken[number]
            if found is not None and number not in way.threads[at + 1 :]:
                fitted = True
                score = way.score + found[0] + self.stays * (at == last)
                yield _moved(way, at, found[1], score)
        if kind is Kind.HEADER:
            number = self._number(Thread())
            yield Way(way.score, (*way.threads, number), (*way.owners, owner), Step(way.step, owner))
        elif not fitted:
            yield self._stray(way)

    def _is_in_frame(self, way: Way) -> bool:
        return bool(way.threads) and self._threads[way.threads[-1]].state in (State.FRAME, State.SOURCE)

    def _taken(self, number: int, text: bytes, kind: Kind) -> tuple[int, int] | None:
        found = self.reading.take(self._threads[number], text, kind)
        return None if found is None else (found[0], self._number(found[1]))

    def _stray(self, way: Way) -> Way:
        """The line fits nothing: what stands last is torn."""
        if not way.threads:
            return Way(way.score + _STRAY, step=Step(way.step, NOBODY))
        torn = self._number(self._threads[way.threads[-1]]._replace(torn=True))
        return _moved(way, len(way.threads) - 1, torn, way.score + _STRAY)

    def _continued(self, way: Way) -> Way:
        """A line that goes on with a message: that of the only one it may be, else of nobody."""
        states = [self._threads[number].state for number in way.threads]
        told = [at for at, state in enumerate(states) if state in TOLD or state is State.JOINED]
        if self.stays >= _CLEARLY or len(told) < 2:
            told = told or [at for at, state in enumerate(states) if state is State.MESSAGE]
            at = told[-1] if told else len(states) - 1
            owner = way.owners[at] if way.owners else NOBODY
        else:
            owner = NOBODY
        return Way(way.score, way.threads, way.owners, Step(way.step, owner))

    def _number(self, thread: Thread) -> int:
        number = self._numbers.setdefault(thread, len(self._threads))
        if number == len(self._threads):
            self._threads.append(thread)
        return number


def _moved(way: Way, at: int, number: int, score: int) -> Way:
    """The way in which the traceback at a place took the line."""
    threads, owners = way.threads, way.owners
    owner = owners[at]
    return Way(
        score,
        (*threads[:at], *threads[at + 1 :], number),
        (*owners[:at], *owners[at + 1 :], owner),
        Step(way.step, owner),
    )


def _is_detail(text: bytes, kind: Kind) -> bool:
    """Whether what looks like an exception is a server's DETAIL or HINT."""
    return kind is Kind.EXCEPTION and text.partition(b":")[0].isupper()


def owners_of(way: Way) -> Sequence[int]:
    """Who took each line, from the first on."""
    found, step = [], way.step
    while step is not None:
        found.append(step.owner)
        step = step.before
    return found[::-1]


def is_in_a_row(owners: Iterable[int]) -> bool:
    """Whether nobody goes on behind another's line."""
    seen: list[int] = []
    for owner in owners:
        if owner == NOBODY:
            continue
        if owner in seen[:-1]:
            return False
        if owner not in seen:
            seen.append(owner)
    return True


def crowded(owners: Sequence[int], most: int) -> set[int]:
    """Those that stand open somewhere beside so many others that there are more than `most` at once."""
    last = {owner: at for at, owner in enumerate(owners) if owner != NOBODY}
    found, standing = set[int](), set[int]()
    for at, owner in enumerate(owners):
        if owner == NOBODY:
            continue
        standing.add(owner)
        if len(standing) > most:
            found |= standing
        if last[owner] == at:
            standing.discard(owner)
    return found
