"""Where in a record the message is, and what stands round it: words before it, fields behind it, keys of a JSON record."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.slow.logged.engine_log import BARE, MOST_BARE
from forge_doctor.slow.logged.separation import Fields
from forge_doctor.streams.heads.line_head import read_head
from forge_doctor.streams.heads.structured import read_json
from forge_doctor.streams.times.clock import STAMP

TIMED = regex(rb"\[?" + STAMP + rb"\]?[ |,:-]{0,8}")
SQL = regex(
    rb"(?:/\*|--|\({0,8}(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|SAVEPOINT|RELEASE|ROLLBACK TO|SHOW|SET|CREATE|ALTER|DROP|"
    rb"TRUNCATE|LOCK|COPY|CALL|DO|EXPLAIN|VALUES|PRAGMA|BEGIN|DECLARE|FETCH|CLOSE|LISTEN|NOTIFY|REFRESH|ANALYZE|VACUUM)\b)",
    re.IGNORECASE,
)
# The words that a statement's first line begins with as SQLAlchemy writes them.
STATEMENT = regex(rb"(?<![\w.])(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|SAVEPOINT|RELEASE SAVEPOINT)\s")
MESSAGES, KEYED = ("message", "event", "msg"), b"event="
_QUOTED = rb"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\""
PAIR = regex(rb"(?P<name>[A-Za-z_][\w.]{0,60})=(?P<value>" + _QUOTED + rb"|[^\s'\"=]{1,200}+)(?: |\Z)")
PAIRS = regex(rb"(?:[A-Za-z_][\w.]{0,60}=(?:" + _QUOTED + rb"|[^\s'\"=]{1,200}+)(?: |\Z)){2,60}+")
LOGGER, LOGGER_BEHIND = b"sqlalchemy.", b" [sqlalchemy."
BEHIND = regex(rb" \[sqlalchemy\.[\w.]{1,100}\](?P<fields>(?: [\w.]{1,60}=[^ \n]{1,200}){0,20}) {0,20}\Z")
TAIL, DIGITS = regex(rb" \[[^\[\]\n]{1,120}\]\s{0,9}\Z"), regex(rb"\d++")
CLOCK = regex(r"\d\d:\d\d")
LEVELS = frozenset("DEBUG INFO WARNING ERROR CRITICAL debug info warning error critical".split())  # noqa: SIM905
LONGEST_FIELD, MOST_LEVELS, MOST_LAYOUTS, LONGEST_WORDS = 120, 2, 1_000, 400
DIGITS_ALL, MARKS = b"0123456789", b" |,:-"
GOES_ON = DIGITS_ALL + MARKS + b".+Z]"
ZEROED = bytes.maketrans(DIGITS_ALL, b"0" * 10)
# Of a JSON record, what says when and what, and is another in each.
_SAID = frozenset(
    """message msg event text log timestamp time ts @timestamp asctime created date datetime relativecreated msecs
    level levelname levelno severity lineno line funcname function func_name module filename pathname file args stack_info
    exc_info exc_text @t @l @m lvl levelvalue level_name loglevel line_number lineNumber seq sequence""".lower().split()
)


def fields_before(prefix: bytes) -> Fields:
    """The words before a message that may tell one request from another: levels and times do not."""
    words = prefix.decode("utf-8", "replace").split()
    return tuple(
        (str(place), word[:LONGEST_FIELD])
        for place, word in enumerate(words)
        if word.strip("[]") not in LEVELS and CLOCK.search(word) is None
    )


def is_head_line(raw: bytes) -> bool:
    """Whether a record begins with the line: in whatever order, its logger is named there."""
    return LOGGER in raw or read_head(raw) is not None


def record_of(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A record of PostgreSQL's jsonlog, itself or one level down in what passes it on; None for any other."""
    if "error_severity" in entry:
        return entry
    inner = (value for value in entry.values() if isinstance(value, Mapping) and "error_severity" in value)
    return next(inner, None)


def message_of(entry: Mapping[str, Any]) -> str:
    """The message under the keys that most have, one level down too; else wherever it is."""
    for key in MESSAGES:
        value = entry.get(key)
        if isinstance(value, str):
            return value
    inner = (told.get(key) for told in entry.values() if isinstance(told, Mapping) for key in MESSAGES)
    return next((value for value in inner if isinstance(value, str)), None) or read_json(entry).message


def keyed(raw: bytes) -> Mapping[str, Any] | None:
    """A line of structlog's KeyValueRenderer, `event='SELECT 1' level='info' rid='a'`: its pairs, as Python writes them."""
    if PAIRS.fullmatch(raw) is None:
        return None
    entry: dict[str, Any] = {}
    for found in PAIR.finditer(raw):
        written = found["value"].decode("utf-8", "replace")
        try:
            entry[found["name"].decode()] = ast.literal_eval(written) if written[:1] in ("'", '"') else written
        except (ValueError, SyntaxError):
            return None
    return entry


def turned(raw: bytes) -> bytes:
    """A line of structlog's console, which has logger and fields behind the message, with the fields before it."""
    found = BEHIND.search(raw)
    if found is None:
        return raw
    line = raw[: found.start()].rstrip()
    stamp = TIMED.match(line)
    return line if stamp is None else line[: stamp.end()] + found["fields"].strip() + b" " + line[stamp.end() :]


def statement_of(lines: Sequence[bytes], prefix: bytes) -> bytes:
    """A statement without what stands before it: the words before its parameters, which its record begins with too.

    The first of its lines is without its time.
    """
    rest = lines[0]
    if rest.startswith(prefix):
        text = rest[len(prefix) :]
    else:
        # A place in the source that differs, or a column that is padded.
        words = rest.split(None, count) if (count := len(prefix.split())) else [rest]
        text = words[-1] if len(words) > count else rest
    if SQL.match(text.lstrip()) is None:
        begun = STATEMENT.search(rest)
        if begun is not None:
            return b"\n".join([rest[begun.start() :], *lines[1:]])
        found = next((place for place, line in enumerate(lines) if SQL.match(line.lstrip()) is not None), None)
        if found is None:
            start = SQL.search(rest)
            return b"\n".join([rest[start.start() :], *lines[1:]]) if start is not None else b""
        return b"\n".join(lines[found:])
    return b"\n".join([text, *lines[1:]]) if len(lines) > 1 else text


def bare_parameters(rest: bytes, statement: bytes) -> int:
    """Where in a record its parameters begin that no bracket announces, behind the words that the statement's record
    begins with; -1 where it has none. Both are without their time."""
    for found in itertools.islice(BARE.finditer(rest[:LONGEST_WORDS]), MOST_BARE):
        start = found.start()
        same = statement[:start].translate(ZEROED) == rest[:start].translate(ZEROED)
        if same and SQL.match(statement, start) is not None:
            return start
    return -1


class Names:
    """The keys of JSON records that may tell one request from another, those one level down too, for each layout."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}

    def fields(self, entry: Mapping[str, Any], above: str = "") -> Fields:
        """Names and values of one record."""
        found: list[tuple[str, str]] = []
        for key, name in self._of((above, *entry)):
            value = entry[key]
            kind = type(value)
            if kind is str or kind is int:
                text = value if kind is str else str(value)
                if len(text) <= LONGEST_FIELD:
                    found.append((name, text))
            elif kind is dict and above.count(".") < MOST_LEVELS:
                found += self.fields(value, f"{name}.")
        return tuple(found)

    def _of(self, layout: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Key and name of what a record with these keys says besides its message."""
        known = self._known.get(layout)
        if known is None:
            above, *keys = layout
            known = tuple((key, above + key) for key in keys if key.lower() not in _SAID)
            if len(self._known) >= MOST_LAYOUTS:
                self._known.clear()
            self._known[layout] = known
        return known


class Stamps:
    """Takes the time off a line. Those of one log have the same width and the same marks between their digits: what
    was found by the expression once is known by its shape from then on."""

    def __init__(self) -> None:
        self._width, self._shape, self._never = 0, b"", b""

    def after(self, raw: bytes) -> bytes:
        """What follows the time and the marks behind it; the whole line where it begins with none."""
        width = self._width
        if width and raw[:width].translate(ZEROED) == self._shape and raw[width : width + 1] not in self._never:
            return raw[width:]
        found = TIMED.match(raw)
        if found is None:
            return raw
        self._width = found.end()
        self._shape = raw[: self._width].translate(ZEROED)
        # Or else the expression would have gone on.
        self._never = GOES_ON if self._shape[-1:] == b"0" else MARKS
        return raw[self._width :]


def without_tail(line: bytes, parameters: bytes) -> bytes:
    """A statement's last line without what a layout puts behind each message, as behind its parameters."""
    own, other = TAIL.search(line), TAIL.search(parameters)
    if own is None or other is None or DIGITS.sub(b"", own[0]) != DIGITS.sub(b"", other[0]):
        return line
    return line[: own.start()]
