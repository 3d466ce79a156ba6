"""Tells a failure that is logged again by whoever it passes through from a second failure.

A handler logs an exception and raises it, the server below logs it as well; a plain record and a JSON one say the same;
a message quotes the exception whose traceback stands beside it. Each teller counts once for a failure, so that two
failures at once, told twice each, stay two. When two tellings are of one failure, `telling` says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from forge_doctor.logs.echoes.telling import (
    CARRIED,
    REACH_BYTES,
    Core,
    Said,
    Teller,
    Telling,
    carries,
    is_same_failure,
    kind_of,
    quotes,
    repeats,
    telling_of,
)
from forge_doctor.logs.records.event import Event, Sighting

MOST_RECENT = 64
MOST_HELD = 64
MOST_CORES = 2_000
MOST_HEARD = 16_384

OwnWords = Callable[[int], str] | None


class Held(NamedTuple):
    """A message that may turn out to quote a traceback that follows it."""

    telling: Telling
    event: Event
    seen: Sighting
    example: Callable[[], str]


class Echoes:
    """What was told lately in the streams of one log."""

    def __init__(self) -> None:
        self._told: dict[Core, deque[Telling]] = {}
        self._kinds: dict[Core, set[object]] = {}
        self._asked: set[Core] = set()  # of which several kinds were told
        self._latest: dict[str, deque[Telling]] = {}
        self._held: list[Held] = []
        self._noted: set[Said] = set()
        self._heard: list[tuple[Said, float | None, int, int, OwnWords]] = []  # noted before, not yet noted again

    def may_be(self, said: Sequence[Said]) -> bool:
        """Whether what is told has to be asked about one by one: several tell of such, or a message may quote it."""
        if self._held:
            return True
        return bool(self._asked) and not self._asked.isdisjoint([one.core for one in said])

    def hear(self, said: Sequence[Said], at: float | None, offset: int, own: OwnWords = None) -> None:
        """Remember what was counted without asking; `own` gives the words of each by its number, where they are its own."""
        for number, one in enumerate(said):
            if one in self._noted:
                self._heard.append((one, at, offset, number, own))
            elif one.trails:
                self._catch_up()
                self._note(_telling(one, at, offset, number, own))
                if len(self._noted) >= MOST_CORES:
                    self._noted.clear()
                self._noted.add(one)
        if len(self._heard) > MOST_HEARD:
            self._catch_up()

    def _catch_up(self) -> None:
        """Note what was heard: of each only as much as is remembered."""
        left: dict[Said, int] = {}
        latest = []
        for heard in reversed(self._heard):
            one = heard[0]
            count = left[one] = left.get(one, 0) + 1
            if count <= MOST_RECENT:
                latest.append(_telling(*heard))
        self._heard.clear()
        for told in reversed(latest):
            self._note(told)

    def is_echo(self, event: Event, seen: Sighting, teller: Teller) -> bool:
        """Whether the failure was told already; else it is remembered."""
        if event.starting:
            return False
        self._catch_up()
        told = telling_of(event, seen, teller)
        if not event.exception:
            if self._is_told(told, lambda message, other: quotes(message, other, event.signature)):
                return True
            return seen.origin == "app" and self._is_held(told)
        if event.signature and CARRIED.match(event.message) and self._is_told(told, carries):
            return True
        kinds = self._kinds.setdefault(told.said.core, set())
        kinds.add(kind_of(told.said))
        if len(kinds) > 1:
            self._asked.add(told.said.core)
            for other in self._told.get(told.said.core, ()):
                if is_same_failure(other, told):
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
        self._held.append(Held(telling_of(event, seen, teller), event, seen, lambda: text))
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
            self._kinds.setdefault(core, set()).add(kind_of(told.said))
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

    def _is_held(self, message: Telling) -> bool:
        """Whether someone else told the same just before, without a traceback as well."""
        teller = message.said.teller
        for held in reversed(self._held):
            if not held.telling.is_told_by(teller) and repeats(message, held.telling):
                held.telling.echo(teller)
                return True
        return False

    def _drop_quotes(self, told: Telling) -> None:
        """Forget the messages just before that quote what is told now."""
        kept = []
        for held in self._held:
            teller = held.telling.said.teller
            if not told.is_told_by(teller) and quotes(held.telling, told, held.event.signature):
                told.echo(teller)
            else:
                kept.append(held)
        self._held = kept


def _telling(one: Said, at: float | None, offset: int, number: int, own: OwnWords) -> Telling:
    return Telling(one, at, offset, None if own is None else partial(own, number))
