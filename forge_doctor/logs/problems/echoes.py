"""Tells a failure that is logged again by whoever it passes through from a second failure.

A handler logs an exception and raises it, the server below logs it as well; a plain record and a JSON one say the same;
a message quotes the exception whose traceback stands beside it. Each teller counts once for a failure, so that two
failures at once, told twice each, stay two. What a handler logs begins with the handler's own
frame: only an exception that goes through that same frame, at the same line, went on from there. Two handlers of
requests that fail alike are no echo of each other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.template import alike
from forge_doctor.streams.heads.head import Head

AT_ONCE_S = 1.0
# A message says what a handler holds in its hand; a poller that fails in the same outage says the same a little later.
QUOTED_S = 0.02
QUOTED_BYTES = 2_000
REACH_BYTES = 1 << 16
MOST_RECENT = 64
MOST_HELD = 64
MOST_CORES = 2_000
SHORTEST_WORDS = 12
# What a server, a framework or a worker says of an exception that nobody caught.
_UNCAUGHT = re.compile(
    rb"Exception in (?:ASGI|WSGI) application|Error (?:in ASGI Framework|handling request)|Exception on \S+ \[|ncaught exception"
    rb"|nhandled (?:exception|error)|Internal Server Error|raised unexpected|exception was never retrieved"
    rb"|Exception in callback|Exception in worker|Application callable raised|Exception found while executing function"
    rb"|Job \S+ raised|! \S+ failed"
)
_DRIVER = re.compile(r"^\([\w.]+\) (?:<class '[\w.]+'>: )?")

Core = tuple[object, ...]


class Teller(NamedTuple):
    """Who says it: `last` where it is told of what nobody caught, `form` how the record is written."""

    last: bool
    form: str
    words: bytes


@dataclass(slots=True, eq=False)
class Telling:
    """A failure told once; `echoed` has all who told it."""

    core: Core
    teller: Teller
    worker: str
    at: float | None
    offset: int
    words: str
    trails: tuple[tuple[int, ...], ...]
    echoed: set[Teller] = field(default_factory=set)


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
        self._latest: dict[str, deque[Telling]] = {}
        self._held: list[Held] = []

    def may_be(self, event: Event, seen: Sighting) -> bool:
        """Whether an event has to be asked about one by one: several tell of such, or a message may quote it."""
        return bool(self._held) or len(self._kinds.get(_core(event, seen), ())) > 1

    def hear(self, event: Event, seen: Sighting, teller: Teller) -> None:
        """Remember an event that was counted without asking."""
        if event.exception:
            self._note(_telling(event, seen, teller))

    def is_echo(self, event: Event, seen: Sighting, teller: Teller) -> bool:
        """Whether the failure was told already; else it is remembered."""
        if event.starting:
            return False
        told = _telling(event, seen, teller)
        if not event.exception:
            return self._quotes(told, event, seen)
        kinds = self._kinds.setdefault(told.core, set())
        kinds.add(_kind(told))
        if len(kinds) > 1:
            for other in self._told.get(told.core, ()):
                if _same_failure(other, told):
                    other.echoed.add(teller)
                    self._drop_quotes(other)
                    return True
        self._note(told)
        return False

    def hold(self, event: Event, seen: Sighting, teller: Teller, example: Callable[[], str]) -> bool:
        """Keep a message back that has no traceback, as one that follows may be of the same failure."""
        if event.exception or event.starting or seen.origin != "app":
            return False
        self._held.append(Held(_telling(event, seen, teller), event, seen, example))
        return True

    def released(self, offset: int | None = None) -> Iterator[Held]:
        """The messages that nothing can follow any more at an offset, or all of them."""
        while self._held and (
            offset is None or len(self._held) > MOST_HELD or offset - self._held[0].telling.offset > REACH_BYTES
        ):
            yield self._held.pop(0)

    def _note(self, told: Telling) -> None:
        if told.core not in self._told:
            if len(self._told) >= MOST_CORES:
                self._told.clear()
                self._kinds.clear()
            self._told[told.core] = deque(maxlen=MOST_RECENT)
            self._kinds.setdefault(told.core, set()).add(_kind(told))
        self._told[told.core].append(told)
        source = str(told.core[0])
        if source not in self._latest:
            self._latest[source] = deque(maxlen=MOST_RECENT)
        self._latest[source].append(told)
        if self._held:
            self._drop_quotes(told)

    def _quotes(self, told: Telling, event: Event, seen: Sighting) -> bool:
        """Whether a message without a traceback quotes one that was told just before."""
        for other in reversed(self._latest.get(seen.source, ())):
            if told.teller not in other.echoed and _quotes(told, other, event.signature):
                other.echoed.add(told.teller)
                return True
        return False

    def _drop_quotes(self, told: Telling) -> None:
        """Forget the messages just before that quote what is told now."""
        kept = []
        for held in self._held:
            if held.telling.teller not in told.echoed and _quotes(held.telling, told, held.event.signature):
                told.echoed.add(held.telling.teller)
            else:
                kept.append(held)
        self._held = kept


def _core(event: Event, seen: Sighting) -> Core:
    culprit = event.culprit
    place = (culprit.file, culprit.line) if culprit is not None else None
    return (seen.source, event.signature, "" if event.signature else event.exception, place)


def _telling(event: Event, seen: Sighting, teller: Teller) -> Telling:
    core = _core(event, seen)
    return Telling(core, teller, seen.worker, seen.at, seen.offset, event.message, event.trails, {teller})


def _kind(told: Telling) -> object:
    return (told.teller.last, told.teller.form, told.trails[-1:])


def _same_failure(one: Telling, other: Telling) -> bool:
    """Whether two tracebacks of the same kind are told of one failure."""
    if other.teller in one.echoed or one.words != other.words or not _at_once(one, other):
        return False
    if one.trails == other.trails:
        return _is_copy(one.teller, other.teller) or one.teller.last != other.teller.last
    return _goes_through(one, other) or _goes_through(other, one)


def _is_copy(one: Teller, other: Teller) -> bool:
    """Whether one record is the other in another form, whose head may have a logger's name before the words."""
    words = one.words.strip(), other.words.strip()
    return one.form != other.form and all(words) and (words[0].endswith(words[1]) or words[1].endswith(words[0]))


def _goes_through(far: Telling, near: Telling) -> bool:
    """Whether an exception went on through the frame in which it was caught and told nearer to its origin."""
    caught = near.trails[-1] if near.trails and not near.teller.last else ()
    return bool(caught) and any(trail[-len(caught) :] == caught for trail in far.trails)


def _quotes(message: Telling, told: Telling, signature: str) -> bool:
    """Whether a message has the words of an exception that was told at once with it."""
    words = _DRIVER.sub("", told.words).partition("\n")[0].strip()
    return (
        signature in ("", told.core[1])
        and message.core[0] == told.core[0]
        and len(words) >= SHORTEST_WORDS
        and words in message.words
        and _at_once(message, told)
        and _beside(message, told)
    )


def _beside(message: Telling, told: Telling) -> bool:
    """Whether a message stands so near a traceback that it is of the same failure: by fine clocks, else by its place."""
    clocks = [at for at in (message.at, told.at) if at is not None and at % 1]
    if len(clocks) == 2:
        return abs(clocks[0] - clocks[1]) <= QUOTED_S
    return message.offset > told.offset or told.offset - message.offset <= QUOTED_BYTES


def _at_once(one: Telling, other: Telling) -> bool:
    if one.worker and other.worker and one.worker != other.worker:
        return False
    near = abs(one.offset - other.offset) <= REACH_BYTES
    timed = one.at is not None and other.at is not None
    return near and (not timed or abs((one.at or 0.0) - (other.at or 0.0)) <= AT_ONCE_S)
