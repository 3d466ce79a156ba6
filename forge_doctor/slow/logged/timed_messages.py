"""Statements with their times as applications write them from hooks (`before_cursor_execute`, `after_cursor_execute`):
whatever the words are, a time with its unit and a statement in one record, or a statement in one and its time in the next.

A limit (`over 500 ms`) is no time; one without a unit is one only where the words say so (`Total Time: 0.0123` of
SQLAlchemy's own recipe, in seconds). What can't be joined for certain is counted, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.slow.logged.server_log import Timing
from forge_doctor.slow.logged.template import Template, Templates

STATEMENT = regex(
    r"(?<![\w.])(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+(?:ONLY\s+)?[\w.\"]{1,200}\s+(?:AS\s+\w+\s+)?SET\s|"
    r"DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\s|MERGE\s+INTO\s)",
    re.IGNORECASE,
)
_UNIT = r"(?:ms|msecs?|milli(?:s|seconds?)|s|secs?|seconds?|us|µs|μs|micro(?:s|seconds?))"
_NUMBER = r"\d{1,9}(?:\.\d{1,20})?(?:[eE]-?\d{1,3})?"
TIME = regex(
    rf"(?<![\w.])(?:(?P<name>[A-Za-z][A-Za-z_]{{0,40}}_)?(?P<before>{_UNIT})[\"']?\s?[=:]\s?)?[\"'`]?"
    rf"(?P<number>{_NUMBER})\s?(?P<after>{_UNIT})?(?![\w.])",
)
# Of a statement's own text nothing is a time; behind it, only what these words or a bracket announce.
_TOLD = regex(
    rf"[\s|,;:()\[\]{{}}*>.-]{{0,20}}(?<!\w)"
    rf"(?:took|duration\w{{0,4}}|elapsed(?:[_ ]\w{{1,8}})?|(?:[a-z]{{1,12}}[_ ])?time(?:_m?s)?"
    rf"|(?:executed|completed|finished|done|ran) in|in|after)"
    rf"[\"']?\s?[=:(]?\s?[\"']?(?={_NUMBER}\s?{_UNIT}\b)|\s(?=[a-z][a-z_.]{{0,40}}_{_UNIT}[\"']?\s?[=:]\s?{_NUMBER})",
    re.IGNORECASE,
)
_BRACKETED = regex(rf"[\s|,;:-]{{0,20}}[(\[](?={_NUMBER}\s?{_UNIT}[)\]]\s{{0,20}}\Z)", re.IGNORECASE)
_LIMIT = regex(r"(?:>=?|<=?|over|above|than|threshold\w*|limit|exceed\w*|least|slower than)\W{0,4}\Z", re.IGNORECASE)
_WORDED = regex(
    r"(?:total time|query time|took|elapsed|duration|executed in|completed in|execution time)\W{0,6}\Z", re.IGNORECASE
)
# Where a message goes on with something else behind its statement.
_GOES_ON = regex(
    r"[\s|,;({\[-]{0,20}(?<!\w)[\"']?(?:bind_?|sql_?)?(?:param(?:eter)?s?|args|arguments|binds?|values)[\"']?\s?[=:]",
    re.IGNORECASE,
)
_FIELDS = regex(r"([\"'`])\s{1,5}[A-Za-z_][\w.]{0,40}=")
_NAMED = regex(
    r"(?:.*[_.])?(?:duration|elapsed|took|latency|time)(?:[_.](?:time|query))?(?:[_.]?(?P<unit>ms|millis|milliseconds|s|sec|secs|seconds|us))?",
    re.IGNORECASE,
)
# A time by itself is a statement's where it says so, and not where it speaks of something else.
_OF_STATEMENT = regex(r"quer(?:y|ies)\b|statement|\bsql\b|\bexecut|total time", re.IGNORECASE)
_OF_OTHER = regex(r"request|response|http|\bjob\b|\btask\b|start(?:up|ed)|\bGET\b|\bPOST\b", re.IGNORECASE)
FAILED = "[SQL: "
LONGEST, MOST_OPEN, MOST_BETWEEN, LONGEST_MS = 20_000, 100, 1, 86_400_000.0
_FACTORS = {"ms": 1.0, "mi": 1.0, "us": 0.001, "µs": 0.001, "μs": 0.001, "s": 1000.0, "se": 1000.0}


@dataclass(frozen=True, slots=True)
class TimedMessage:
    """What one message says: a `statement` without its parameters' record, a time, or both; `ms` is None without."""

    statement: str = ""
    ms: float | None = None


NOTHING = TimedMessage()


def timed_message(message: str) -> TimedMessage:
    """The statement and the time in one message.

    >>> timed_message("Slow query (1.5s, limit > 500ms): SELECT a.id FROM a")
    TimedMessage(statement='SELECT a.id FROM a', ms=1500.0)
    >>> timed_message("SELECT a.id FROM a WHERE a.t > now() - interval '5 s' | params={'b': 1} | took 12.5 ms")
    TimedMessage(statement="SELECT a.id FROM a WHERE a.t > now() - interval '5 s'", ms=12.5)
    >>> timed_message("Total Time: 0.25"), timed_message("listening on 8000")
    (TimedMessage(statement='', ms=250.0), TimedMessage(statement='', ms=None))
    """
    message = message[:LONGEST]
    found = next((one for one in STATEMENT.finditer(message) if _stands_apart(message, one)), None)
    if found is None:
        speaks = _OF_STATEMENT.search(message) is not None and _OF_OTHER.search(message) is None
        return TimedMessage(ms=_time_in(message, bare=True)) if speaks else NOTHING
    if FAILED in message:
        return NOTHING
    before, text = message[: found.start()], message[found.start() :]
    ms = _time_in(before, bare=False)
    ends = [one.start() for one in (_GOES_ON.search(text),) if one is not None]
    if ms is None and (told := _TOLD.search(text) or _BRACKETED.search(text)) is not None:
        ms = _time_in(text[told.end() :], bare=False)
        ends.append(told.start())
    text = text[: min(ends)] if ends else text
    return TimedMessage(statement=_unquoted(before, text), ms=ms)


def _stands_apart(message: str, found: re.Match[str]) -> bool:
    """Whether a statement begins there: in small letters the words may be of a sentence."""
    return found[0][:1].isupper() or message[: found.start()].rstrip()[-1:] in "\"'`:|=>-])"


def _unquoted(before: str, text: str) -> str:
    """A statement without the quotes that its message puts it in, and what its layout names behind them."""
    text = text.strip().rstrip("| ;")
    quote = before[-1:]
    if quote not in ("'", '"', "`"):
        return text
    more = _FIELDS.search(text)
    text = text[: more.start()] if more is not None and more[1] == quote else text.removesuffix(quote)
    return text.replace("\\" + quote, quote)


def _time_in(text: str, *, bare: bool) -> float | None:
    """The one time that a text names, in ms; None for none, and for several."""
    found: list[tuple[bool, float]] = []
    for one in TIME.finditer(text):
        unit = one["after"] or one["before"]
        if _LIMIT.search(text[max(0, one.start() - 24) : one.start()] + (one["name"] or "").rstrip("_")) is not None:
            continue
        worded = _WORDED.search(text[max(0, one.start() - 24) : one.start()]) is not None
        if unit is not None:
            found.append((worded, float(one["number"]) * _FACTORS[unit.lower()[:2]]))
        elif bare and worded and "." in one["number"] and not text[one.end() :].strip():
            found.append((True, float(one["number"]) * 1000.0))
    told = [ms for worded, ms in found if worded] or [ms for _, ms in found]
    return told[0] if len(told) == 1 and told[0] <= LONGEST_MS else None


def timed_entry(entry: Mapping[str, Any]) -> TimedMessage:
    """The same of a record whose keys say it: `{"event": "slow_query", "duration_ms": 812.4, "statement": "SELECT …"}`."""
    statements = [one for one in entry.values() if isinstance(one, str) and STATEMENT.match(one.lstrip()) is not None]
    if len(statements) != 1:
        return NOTHING
    return TimedMessage(statement=statements[0].strip()[:LONGEST], ms=_keyed_time(entry))


def _keyed_time(entry: Mapping[str, Any]) -> float | None:
    found: list[float] = []
    for key, value in entry.items():
        name = _NAMED.fullmatch(key)
        if name is None:
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and name["unit"]:
            found.append(value * _FACTORS[name["unit"].lower()[:2]])
        elif isinstance(value, str) and len(value) <= 40 and (told := _time_in(value, bare=False)) is not None:
            found.append(told)
    return found[0] if len(found) == 1 and 0 <= found[0] <= LONGEST_MS else None


@dataclass(slots=True)
class TimedMessages:
    """What an application's own records say of its statements' times, one after the other."""

    templates: Templates
    timings: dict[Template, Timing] = field(default_factory=dict)
    records: int = 0
    unjoined: int = 0
    _open: int = 0
    _between: int = 0
    _begun: str = ""

    def lines(self, lines: Sequence[bytes]) -> None:
        """A record that was nothing else."""
        self._take(timed_message(b"\n".join(lines).decode("utf-8", "replace")))

    def entry(self, entry: Mapping[str, Any], message: str) -> None:
        """The same of a JSON record."""
        told = timed_message(message)
        keyed = timed_entry(entry) if told.ms is None or not told.statement else NOTHING
        if keyed.statement:
            told = TimedMessage(statement=keyed.statement, ms=keyed.ms if told.ms is None else told.ms)
        elif told.statement and told.ms is None:
            told = TimedMessage(statement=told.statement, ms=_keyed_time(entry))
        self._take(told)

    def _take(self, told: TimedMessage) -> None:
        if told.statement and told.ms is not None:
            self._count(told.statement, told.ms)
        elif told.statement:
            # Its time may come in a record of its own: joined only where no other statement is under way.
            self._open = self._open + 1 if self._open < MOST_OPEN else 1
            self._begun, self._between = told.statement if self._open == 1 else "", 0
        elif told.ms is not None and self._open:
            self._open -= 1
            if self._begun:
                self._count(self._begun, told.ms)
            else:
                self.unjoined += 1
            self._begun = ""
        elif self._open:
            self._between += 1
            if self._between > MOST_BETWEEN:
                self._open, self._begun = 0, ""

    def _count(self, statement: str, ms: float) -> None:
        template = self.templates.of(statement.encode())
        if not template.verb:
            return
        self.records += 1
        timing = self.timings.get(template)
        if timing is None:
            timing = self.timings[template] = Timing()
        timing.timed += 1
        timing.total_ms += ms
        timing.longest_ms = max(timing.longest_ms, ms)
        timing.longest_own_ms = max(timing.longest_own_ms, ms)
