"""Tells a failure that is logged again by whoever it passes through from a second failure.

A handler logs an exception and raises it, the server below logs it as well; a plain record and a JSON one say the same;
a message quotes the exception whose traceback stands beside it. Each teller counts once for a failure, so that two
failures at once, told twice each, stay two. What a handler logs begins with the handler's own
frame: only an exception that goes through that same frame, at the same line, went on from there. Two handlers of
requests that fail alike are no echo of each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.template import alike
from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head

AT_ONCE_S = 1.0
# A message says what a handler holds in its hand; a poller that fails in the same outage says the same a little later.
QUOTED_S, QUOTED_BYTES = 0.02, 2_000
REACH_BYTES = 1 << 16
MOST_RECENT = MOST_HELD = 64
MOST_CORES, MOST_HEARD = 2_000, 16_384
SHORTEST_WORDS = 12
# What a server, a framework or a worker says of an exception that nobody caught.
_UNCAUGHT = regex(
    rb"Exception in (?:ASGI|WSGI) application|Error (?:in ASGI Framework|handling request)|Exception on \S+ \[|ncaught exception"
    rb"|nhandled (?:exception|error)|Internal Server Error|raised unexpected|exception was never retrieved"
    rb"|Exception in callback|Exception in worker|Application callable raised|Exception found while executing function"
    rb"|Job \S+ raised|! \S+ failed"
)
# What ended a process: who waits for it says so, and so does who waited for its task.
_ENDED = regex(r"\bsignal \d{1,2} \(\w{1,12}\)")
_DRIVER = regex(r"^\([\w.]+\) (?:<class '[\w.]+'>: )?")
# An exception's words where they begin with another one's class, and so many of the words of both are surely kept.
_CARRIED = regex(r"^[A-Za-z_][\w.]{0,100}(?:Error|Exception|Timeout|Greenlet|Violation|Failure): ")
_COMPARED = 60

Core = tuple[object, ...]


class Teller(NamedTuple):
    """Who says it: `last` where it is told of what nobody caught, `form` how the record is written."""

    last: bool
    form: str
    words: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is told of a failure, by whom, and in which log."""

    core: Core
    teller: Teller
    source: str
    worker: str
    words: str
    trails: tuple[tuple[int, ...], ...]


@dataclass(slots=True, eq=False)
class Telling:
    """A failure told once; `echoed` has the others who told it."""

    said: Said
    at: float | None
    offset: int
    echoed: set[Teller] | None = None

    def is_told_by(self, teller: Teller) -> bool:
        """Whether someone told it already."""
        return teller == self.said.teller or (self.echoed is not None and teller in self.echoed)

    def echo(self, teller: Teller) -> None:
        """Note that someone tells it."""
        self.echoed = (self.echoed or set()) | {teller}


class Held(NamedTuple):
    """A message that may turn out to quote a traceback that follows it."""

    telling: Telling
    event: Event
    seen: Sighting
    example: Callable[[], str]


def teller_of(head: Head | None) -> Teller:
    """Who wrote a record; a traceback without one, or behind one of nothing bad, is the interpreter's: nobody caught it."""
    if head is None or (head.record is None and 0 <= head.level < 30):
        return Teller(True, "", b"")
    form = "plain" if head.record is None else "record"
    return Teller(_UNCAUGHT.search(head.message) is not None, form, alike(head.message))


class Echoes:
    """What was told lately in the streams of one log."""

    def __init__(self) -> None:
        self._told: dict[Core, deque[Telling]] = {}
        self._kinds: dict[Core, set[object]] = {}
        self._asked: set[Core] = set()  # of which several kinds were told
        self._latest: dict[str, deque[Telling]] = {}
        self._held: list[Held] = []
        self._noted: set[Said] = set()
        self._heard: list[tuple[Said, float | None, int]] = []  # of those noted before, and not yet noted again

    def may_be(self, said: Sequence[Said]) -> bool:
        """Whether what is told has to be asked about one by one: several tell of such, or a message may quote it."""
        if not self._asked:
            return bool(self._held)
        return bool(self._held) or not self._asked.isdisjoint([one.core for one in said])

    def hear(self, said: Sequence[Said], at: float | None, offset: int) -> None:
        """Remember what was counted without asking."""
        for one in said:
            if one in self._noted:
                self._heard.append((one, at, offset))
            elif one.trails:
                self._catch_up()
                self._note(Telling(one, at, offset))
                if len(self._noted) >= MOST_CORES:
                    self._noted.clear()
                self._noted.add(one)
        if len(self._heard) > MOST_HEARD:
            self._catch_up()

    def _catch_up(self) -> None:
        """Note what was heard: of each only as much as is remembered."""
        left: dict[Said, int] = {}
        latest = []
        for one, at, offset in reversed(self._heard):
            count = left[one] = left.get(one, 0) + 1
            if count <= MOST_RECENT:
                latest.append(Telling(one, at, offset))
        self._heard.clear()
        for told in reversed(latest):
            self._note(told)

    def is_echo(self, event: Event, seen: Sighting, teller: Teller) -> bool:
        """Whether the failure was told already; else it is remembered."""
        if event.starting:
            return False
        self._catch_up()
        told = _telling(event, seen, teller)
        if not event.exception:
            return self._is_told(told, lambda message, other: _quotes(message, other, event.signature))
        if event.signature and _CARRIED.match(event.message) and self._is_told(told, _carries):
            return True
        kinds = self._kinds.setdefault(told.said.core, set())
        kinds.add(_kind(told.said))
        if len(kinds) > 1:
            self._asked.add(told.said.core)
            for other in self._told.get(told.said.core, ()):
                if _same_failure(other, told):
                    other.echo(teller)
                    self._drop_quotes(other)
                    return True
        self._note(told)
        return False

    def hold(self, event: Event, seen: Sighting, teller: Teller, example: Callable[[], str]) -> bool:
        """Keep a message back that has no traceback, as one that follows may be of the same failure."""
        if event.exception or event.starting or seen.origin != "app":
            return False
        text = example()  # It may be read out of what is no longer there later on.
        self._held.append(Held(_telling(event, seen, teller), event, seen, lambda: text))
        return True

    def released(self, offset: int | None = None) -> Iterator[Held]:
        """The messages that nothing can follow any more at an offset, or all of them."""
        while self._held and (
            offset is None or len(self._held) > MOST_HELD or offset - self._held[0].telling.offset > REACH_BYTES
        ):
            yield self._held.pop(0)

    def _note(self, told: Telling) -> None:
        core, source = told.said.core, told.said.source
        recent = self._told.get(core)
        if recent is None:
            if len(self._told) >= MOST_CORES:
                self._told.clear()
                self._kinds.clear()
                self._asked.clear()
                self._noted.clear()
            recent = self._told[core] = deque(maxlen=MOST_RECENT)
            self._kinds.setdefault(core, set()).add(_kind(told.said))
        recent.append(told)
        latest = self._latest.get(source)
        if latest is None:
            latest = self._latest[source] = deque(maxlen=MOST_RECENT)
        latest.append(told)
        if self._held:
            self._drop_quotes(told)

    def _is_told(self, message: Telling, is_same: Callable[[Telling, Telling], bool]) -> bool:
        """Whether someone else told the same just before."""
        teller = message.said.teller
        for other in reversed(self._latest.get(message.said.source, ())):
            if not other.is_told_by(teller) and is_same(message, other):
                other.echo(teller)
                return True
        return False

    def _drop_quotes(self, told: Telling) -> None:
        """Forget the messages just before that quote what is told now."""
        kept = []
        for held in self._held:
            teller = held.telling.said.teller
            if not told.is_told_by(teller) and _quotes(held.telling, told, held.event.signature):
                told.echo(teller)
            else:
                kept.append(held)
        self._held = kept


def said_by(event: Event, seen: Sighting, teller: Teller) -> Said:
    """What an event tells."""
    culprit = event.culprit
    place = (culprit.file, culprit.line) if culprit is not None else None
    core = (seen.source, event.signature, "" if event.signature else event.exception, place)
    return Said(core, teller, seen.source, seen.worker, event.message, event.trails if event.exception else ())


def _telling(event: Event, seen: Sighting, teller: Teller) -> Telling:
    return Telling(said_by(event, seen, teller), seen.at, seen.offset)


def _kind(said: Said) -> object:
    return (said.teller.last, said.teller.form, said.trails[-1:])


def _same_failure(one: Telling, other: Telling) -> bool:
    """Whether two tracebacks of the same kind are told of one failure."""
    first, second = one.said, other.said
    if one.is_told_by(second.teller) or first.words != second.words or not _at_once(one, other):
        return False
    if first.trails == second.trails:
        return _is_copy(first.teller, second.teller) or first.teller.last != second.teller.last
    return _goes_through(first, second) or _goes_through(second, first)


def _is_copy(one: Teller, other: Teller) -> bool:
    """Whether one record is the other in another form, whose head may have a logger's name before the words."""
    words = one.words.strip(), other.words.strip()
    return one.form != other.form and all(words) and (words[0].endswith(words[1]) or words[1].endswith(words[0]))


def _goes_through(far: Said, near: Said) -> bool:
    """Whether an exception went on through the frame in which it was caught and told nearer to its origin."""
    caught = near.trails[-1] if near.trails and not near.teller.last else ()
    return bool(caught) and any(trail[-len(caught) :] == caught for trail in far.trails)


def _quotes(message: Telling, told: Telling, signature: str) -> bool:
    """Whether a message has the words of an exception that was told at once with it."""
    words = _words(told.said.words)
    return (
        signature in ("", told.said.core[1])
        and message.said.source == told.said.source
        and (_same_end(message, told, signature) or (len(words) >= SHORTEST_WORDS and words in message.said.words))
        and _at_once(message, told)
        and _beside(message, told)
    )


def _words(text: str) -> str:
    return _DRIVER.sub("", text).partition("\n")[0].strip()


def _carries(message: Telling, told: Telling) -> bool:
    """Whether an exception only carries another's class and words: a workflow's those of its activity's."""
    words = _words(_CARRIED.sub("", message.said.words, count=1))[:_COMPARED]
    same = message.said.core[1] == told.said.core[1] and words == _words(told.said.words)[:_COMPARED]
    return same and _at_once(message, told)


def _same_end(message: Telling, told: Telling, signature: str) -> bool:
    """Whether two messages of one known fault name the same signal."""
    ends = [found[0] for one in (message, told) if signature and (found := _ENDED.search(one.said.words))]
    return len(ends) == 2 and ends[0] == ends[1]


def _beside(message: Telling, told: Telling) -> bool:
    """Whether a message stands so near a traceback that it is of the same failure: by fine clocks, else by its place."""
    if len(clocks := [at for at in (message.at, told.at) if at is not None and at % 1]) == 2:
        return abs(clocks[0] - clocks[1]) <= QUOTED_S
    return message.offset > told.offset or told.offset - message.offset <= QUOTED_BYTES


def _at_once(one: Telling, other: Telling) -> bool:
    if one.said.worker and other.said.worker and one.said.worker != other.said.worker:
        return False
    apart_s = abs(one.at - other.at) if one.at is not None and other.at is not None else 0.0
    return abs(one.offset - other.offset) <= REACH_BYTES and apart_s <= AT_ONCE_S
