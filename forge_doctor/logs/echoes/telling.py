"""What is told of a failure and by whom, and when two tellings are of one failure; remembers none.

What a handler logs begins with the handler's own frame: only an exception that goes through that same frame, at the same
line, went on from there. Two handlers of requests that fail alike are no echo of each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.logs.records.template import alike
from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head

AT_ONCE_S = 1.0
# A message says what a handler holds in its hand; a poller that fails in the same outage says the same a little later.
QUOTED_S = 0.02
QUOTED_BYTES = 2_000
# billiard tells at once that a process has ended, and ten seconds later (`lost_worker_timeout`) that its task is lost.
LOST_S = 15.0
REACH_BYTES = 1 << 16
SHORTEST_WORDS = 12
# What a server, a framework or a worker says of an exception that nobody caught.
_UNCAUGHT = regex(
    rb"Exception in (?:ASGI|WSGI) application|Error (?:in ASGI Framework|handling request)|Exception on \S+ \[|ncaught exception"
    rb"|nhandled (?:exception|error)|Internal Server Error|raised unexpected|exception was never retrieved"
    rb"|Exception in callback|Exception in worker|Application callable raised|Exception found while executing function"
    rb"|Job \S+ raised|! \S+ failed"
)
# What ended a process: who waits for it says so, and so does who waited for its task.
# Of a task's time limit, the one that waits for its process says so, and the task does, or who ends it.
_ENDED = regex(r"\bsignal \d{1,2} \(\w{1,12}\)|(?:\b[Ss]oft ?)?[Tt]ime ?[Ll]imit")
# The thread and the logger, which stand before the words where their record has them behind its level.
_WRITER = regex(
    r"^(?:[\[(][A-Za-z_][\w. :/-]{0,80}[\])]:? {0,2}|[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,8}(?::\d{1,6})?:? (?:- )?){1,4}"
)
_DRIVER = regex(r"^\([\w.]+\) (?:<class '[\w.]+'>: )?")
# An exception's words where they begin with another one's class, and so many of the words of both are surely kept.
CARRIED = regex(r"^[A-Za-z_][\w.]{0,100}(?:Error|Exception|Timeout|Greenlet|Violation|Failure): ")
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
    """A failure told once; `echoed` has the others who told it.

    `own` gives its words where they are not those of `said`, which stands for all that count alike.
    """

    said: Said
    at: float | None
    offset: int
    own: Callable[[], str] | None = None
    echoed: set[Teller] | None = None

    @property
    def words(self) -> str:
        """Its own words, read when they are first asked for: of most nobody asks."""
        if self.own is None:
            return self.said.words
        words = self.own()
        self.own = lambda: words
        return words

    def is_told_by(self, teller: Teller) -> bool:
        """Whether someone told it already."""
        return teller == self.said.teller or (self.echoed is not None and teller in self.echoed)

    def echo(self, teller: Teller) -> None:
        """Note that someone tells it."""
        self.echoed = (self.echoed or set()) | {teller}


def teller_of(head: Head | None) -> Teller:
    """Who wrote a record; a traceback without one, or behind one of nothing bad, is the interpreter's: nobody caught it."""
    if head is None or (head.record is None and 0 <= head.level < 30):
        return Teller(True, "", b"")
    form = "plain" if head.record is None else "record"
    return Teller(_UNCAUGHT.search(head.message) is not None, form, alike(head.message))


def said_by(event: Event, seen: Sighting, teller: Teller) -> Said:
    """What an event tells."""
    culprit = event.culprit
    place = (culprit.file, culprit.line) if culprit is not None else None
    core = (seen.source, event.signature, "" if event.signature else event.exception, place)
    return Said(core, teller, seen.source, seen.worker, event.message, event.trails if event.exception else ())


def telling_of(event: Event, seen: Sighting, teller: Teller) -> Telling:
    """The same, where and when it was told."""
    return Telling(said_by(event, seen, teller), seen.at, seen.offset)


def kind_of(said: Said) -> object:
    """How it is told: by whom, in which form, and from which frame on."""
    return (said.teller.last, said.teller.form, said.trails[-1:])


def is_same_failure(one: Telling, other: Telling) -> bool:
    """Whether two tracebacks of the same kind are told of one failure."""
    first, second = one.said, other.said
    if one.is_told_by(second.teller) or not _at_once(one, other) or one.words != other.words:
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


def quotes(message: Telling, told: Telling, signature: str) -> bool:
    """Whether a message has the words of an exception that was told at once with it."""
    if signature not in ("", told.said.core[1]) or message.said.source != told.said.source:
        return False
    # Only of what stands near are the words read.
    beside = _is_beside(message, told)
    if (beside or _is_lost_after(message, told)) and _same_end(message, told, signature):
        return True
    return beside and len(words := _words(told.words)) >= SHORTEST_WORDS and words in message.words


def repeats(message: Telling, before: Telling) -> bool:
    """Whether a message has all the words of one before it, behind its own: who was told of a failure tells it on.

    Or whether one of the two was printed, and the other is the record of the same.
    """
    # Asked of each message and all that are held: what costs least comes first.
    if message.offset - before.offset > QUOTED_BYTES or message.said.core[:2] != before.said.core[:2]:
        return False
    words, later = _own_words(before.words), _own_words(message.words)
    if (before.said.teller.form == "") != (message.said.teller.form == ""):
        shorter, longer = sorted((words, later), key=len)
        return len(shorter) >= SHORTEST_WORDS and shorter in longer
    is_told_on = message.at is not None and len(words) >= SHORTEST_WORDS and later.find(words) > 0
    return is_told_on and _is_beside(message, before)


@functools.lru_cache(maxsize=256)
def _own_words(text: str) -> str:
    return _words(_WRITER.sub("", text))


@functools.lru_cache(maxsize=256)
def _words(text: str) -> str:
    return _DRIVER.sub("", text).partition("\n")[0].strip()


def carries(message: Telling, told: Telling) -> bool:
    """Whether an exception only carries another's class and words: a workflow's those of its activity's."""
    if message.said.core[1] != told.said.core[1] or not _at_once(message, told):
        return False
    return _words(CARRIED.sub("", message.words, count=1))[:_COMPARED] == _words(told.words)[:_COMPARED]


def _same_end(message: Telling, told: Telling, signature: str) -> bool:
    """Whether two messages of one known fault name the same signal."""
    if not signature:
        return False
    ends = [found[0].replace(" ", "").lower() for one in (message, told) if (found := _ENDED.search(one.words))]
    return len(ends) == 2 and ends[0] == ends[1]


def _is_lost_after(message: Telling, told: Telling) -> bool:
    """Whether a process ended so long before that its task is found lost by now."""
    return message.at is not None and told.at is not None and 0 <= told.at - message.at <= LOST_S


def _is_beside(message: Telling, told: Telling) -> bool:
    """Whether a message stands so near a traceback that it is of the same failure: by fine clocks, else by its place."""
    if not _at_once(message, told):
        return False
    if len(clocks := [at for at in (message.at, told.at) if at is not None and at % 1]) == 2:
        return abs(clocks[0] - clocks[1]) <= QUOTED_S
    return message.offset > told.offset or told.offset - message.offset <= QUOTED_BYTES


def _at_once(one: Telling, other: Telling) -> bool:
    if one.said.worker and other.said.worker and one.said.worker != other.said.worker:
        return False
    apart_s = abs(one.at - other.at) if one.at is not None and other.at is not None else 0.0
    return abs(one.offset - other.offset) <= REACH_BYTES and apart_s <= AT_ONCE_S
