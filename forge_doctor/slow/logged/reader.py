"""Lines of one program to records of SQLAlchemy's engine log, whatever stands before them; what is PostgreSQL's goes on.

What stands before a message is taken from the log itself: a statement is followed by its parameters' record, which
begins with the same words, and where those end is known by its bracket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from forge_doctor.regex import regex
from forge_doctor.slow.logged.engine_log import (
    ACCESS,
    BEGUN,
    CARTESIAN,
    ENDED,
    PARAMETERS,
    POOL,
    ROW,
    elements,
    placed,
    route,
    sent,
)
from forge_doctor.slow.logged.separation import Fields, Kind
from forge_doctor.slow.logged.server_records import ServerRecords
from forge_doctor.slow.logged.template import Templates
from forge_doctor.slow.logged.transactions import Journal
from forge_doctor.streams.carriers.clock import STAMP
from forge_doctor.streams.carriers.json_text import loads
from forge_doctor.streams.heads.head import read_head
from forge_doctor.streams.heads.structured import read_json

TIMED = regex(rb"\[?" + STAMP + rb"\]?[ |,:-]{0,8}")
SQL = regex(
    rb"(?:/\*|--|\({0,8}(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|SAVEPOINT|RELEASE|ROLLBACK TO|SHOW|SET|CREATE|ALTER|DROP|"
    rb"TRUNCATE|LOCK|COPY|CALL|DO|EXPLAIN|VALUES|PRAGMA|BEGIN|DECLARE|FETCH|CLOSE|LISTEN|NOTIFY|REFRESH|ANALYZE|VACUUM)\b)",
    re.IGNORECASE,
)
# The words that a statement's first line begins with as SQLAlchemy writes them.
STATEMENT = regex(rb"(?<![\w.])(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|SAVEPOINT|RELEASE SAVEPOINT)\s")
# Whatever log_line_prefix is, PostgreSQL writes two blanks behind the severity.
SERVER_LINE = regex(rb"(?:^|[^A-Za-z])(?:LOG|DETAIL|HINT|CONTEXT|STATEMENT|ERROR|FATAL|PANIC|WARNING):  \S")
LOGGER, LOGGER_BEHIND = b"sqlalchemy.", b" [sqlalchemy."
BEHIND = regex(rb" \[sqlalchemy\.[\w.]{1,100}\](?P<fields>(?: [\w.]{1,60}=[^ \n]{1,200}){0,20}) {0,20}\Z")
TAIL, DIGITS = regex(rb" \[[^\[\]\n]{1,120}\]\s{0,9}\Z"), regex(rb"\d++")
CLOCK = regex(r"\d\d:\d\d")
LEVELS = frozenset("DEBUG INFO WARNING ERROR CRITICAL debug info warning error critical".split())  # noqa: SIM905
MOST_KNOWN, MOST_LINES, LONGEST_FIELD, MOST_LEVELS = 8_192, 2_000, 120, 2
# Of a JSON record, what says when and what, and is another in each.
_SAID = frozenset(
    """message msg event text log timestamp time ts @timestamp asctime created date datetime relativecreated msecs
    level levelname levelno severity lineno line funcname function func_name module filename pathname file args stack_info
    exc_info exc_text @t @l @m lvl levelvalue level_name loglevel line_number lineNumber seq sequence""".lower().split()
)


class _Known(NamedTuple):
    """A line, or what follows its time, that was seen before: its kind (None: of no interest) and what it says."""

    kind: Kind | str | None
    fields: Fields = ()
    what: object = None


CONTINUES, SERVER, CREATED, CHECKED_OUT = "continues", "server", "created", "checked out"
_CONTINUES, _OTHER = _Known(CONTINUES), _Known(None)


class Reader:
    """Reads the lines of one lane, in order, into a journal; `records` of the engine's log were seen."""

    def __init__(self, journal: Journal, templates: Templates, server: ServerRecords) -> None:
        self.journal, self._templates, self._server = journal, templates, server
        self.records = self.created = self.checked_out = 0
        self.pool = ""
        self._known: dict[bytes, _Known] = {}
        self._fields: dict[bytes, Fields] = {}
        self._pending: list[bytes] = []
        self._of_server = False

    def feed(self, lines: Sequence[bytes]) -> None:
        """Read lines."""
        known, parameters = self._known, PARAMETERS.search
        for raw in lines:
            if LOGGER_BEHIND in raw:
                raw = _turned(raw)
            one = known.get(raw)
            if one is None:
                if raw[:1] == b"{" and (entry := loads(raw)) is not None:
                    self._structured(entry)
                    continue
                # Parameters differ in each record: what is before them is all there is to remember.
                if b"] " in raw and (found := parameters(raw)) is not None and not self._of_server:
                    self._parameters(raw[: found.start()], found, raw[found.end() :])
                    continue
                one = self._line(raw)
            if one is _CONTINUES:
                if self._of_server:
                    self._server.more(raw)
                elif len(self._pending) < MOST_LINES:
                    self._pending.append(raw)
                continue
            self._begin(raw, one)

    def finish(self) -> None:
        """Nothing more comes."""
        self._server.finish()

    def _line(self, raw: bytes) -> _Known:
        """What a line is that has no parameters; remembered by all of it, or by what follows its time."""
        stamp = TIMED.match(raw)
        key = raw if stamp is None else raw[stamp.end() :]
        one = self._known.get(key)
        if one is None:
            one = self._read(raw, key)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            if len(key) < MOST_LINES:
                self._known[key] = one
        return one

    def _begin(self, raw: bytes, one: _Known) -> None:
        """A record begins."""
        # Of the other kinds the record is all there is: what comes behind it is another message.
        self._pending = [raw] if one.kind is None else []
        self._of_server = one.kind == SERVER
        if one.kind is None:
            return
        if self._of_server:
            self._server.begin(raw)
        elif isinstance(one.kind, Kind):
            self.records += one.kind is not Kind.ACCESS
            self.journal.note(one.kind, one.fields, one.what)
        else:
            self._pooled(one)

    def _pooled(self, one: _Known) -> None:
        self.pool = self.pool or str(one.what or "")
        self.created += one.kind == CREATED
        self.checked_out += one.kind == CHECKED_OUT

    def _read(self, raw: bytes, rest: bytes) -> _Known:
        """What a line is by its text: a record's head with its message, or a line that goes on."""
        found = BEGUN.search(rest)
        if found is not None:
            return _Known(Kind.BEGIN, self._fields_of(rest[: found.start()]))
        found = ENDED.search(rest)
        if found is not None and (len(rest) < len(raw) or found.start() == 0 or _is_head(raw)):
            kind = Kind.COMMIT if found[1] == b"COMMIT" else Kind.ROLLBACK
            return _Known(kind, self._fields_of(rest[: found.start()]))
        found = ROW.search(rest[:400])
        if found is not None:
            return _Known(Kind.ROW, self._fields_of(rest[: found.start()]))
        return self._other(raw, rest)

    def _other(self, raw: bytes, rest: bytes) -> _Known:
        if CARTESIAN in raw:
            return _Known(Kind.CROSSING, (), (elements(raw), *placed(raw)))
        found = ACCESS.search(raw)
        if found is not None:
            return _Known(Kind.ACCESS, (), route(found))
        found = POOL.search(rest[:400])
        if found is not None:
            kind = CREATED if found["what"].startswith(b"Created") else CHECKED_OUT
            return _Known(kind, (), (found["pool"] or b"").decode("ascii", "replace"))
        if SERVER_LINE.search(raw[:400]) is not None:
            return _Known(SERVER)
        head = read_head(raw)
        if head is None:
            return _OTHER if len(rest) < len(raw) or LOGGER in raw else _CONTINUES
        return _Known(SERVER) if head.origin == "postgresql" else _OTHER

    def _parameters(self, before: bytes, found: re.Match[bytes], parameters: bytes) -> None:
        """The record behind a statement: the statement is what came before it."""
        stamp = TIMED.match(before)
        prefix = before if stamp is None else before[stamp.end() :]
        lines, self._pending = self._pending, []
        if not lines:
            self.journal.twins += 1
            return
        if lines[-1][-1:] == b"]":
            lines[-1] = _without_tail(lines[-1], parameters)
        if prefix.endswith(b'"'):
            lines[-1] = lines[-1].removesuffix(b'"')
        statement = _message(lines, prefix)
        if statement:
            self._sent(statement, found, parameters, self._fields_of(prefix))

    def _sent(self, statement: bytes, how: re.Match[bytes], parameters: bytes, fields: Fields) -> None:
        template = self._templates.of(statement)
        self.records += 1
        self.journal.note(Kind.SENT, fields, template, sent(how, parameters, template))

    def _fields_of(self, prefix: bytes) -> Fields:
        """The words before a message."""
        fields = self._fields.get(prefix)
        if fields is None:
            words = prefix.decode("utf-8", "replace").split()
            fields = tuple(
                (str(place), word[:LONGEST_FIELD])
                for place, word in enumerate(words)
                if word.strip("[]") not in LEVELS and CLOCK.search(word) is None
            )
            if len(self._fields) >= MOST_KNOWN:
                self._fields.clear()
            self._fields[prefix] = fields
        return fields

    def _structured(self, entry: Mapping[str, Any]) -> None:
        """A JSON record."""
        if "error_severity" in entry:
            self._of_server = True
            self._server.entry(entry)
            return
        self._of_server = False
        message = read_json(entry).message.encode("utf-8", "replace")
        found = PARAMETERS.match(message)
        if found is not None:
            lines, self._pending = self._pending, []
            self.journal.twins += not lines
            if lines:
                self._sent(lines[0], found, message[found.end() :], structured_fields(entry))
            return
        self._pending = [message]
        one = self._read(message, message)
        if one.kind is Kind.BEGIN or one.kind in (Kind.COMMIT, Kind.ROLLBACK, Kind.ROW):
            one = _Known(one.kind, structured_fields(entry))
        if one.kind == SERVER or one is _CONTINUES:
            return
        if isinstance(one.kind, Kind):
            self.records += one.kind is not Kind.ACCESS
            self.journal.note(one.kind, one.fields, one.what)
        elif one.kind is not None:
            self._pooled(one)


def _without_tail(line: bytes, parameters: bytes) -> bytes:
    """A statement's last line without what a layout puts behind each message, as behind its parameters."""
    own, other = TAIL.search(line), TAIL.search(parameters)
    if own is None or other is None or DIGITS.sub(b"", own[0]) != DIGITS.sub(b"", other[0]):
        return line
    return line[: own.start()]


def _is_head(raw: bytes) -> bool:
    """Whether a record begins with the line: in whatever order, its logger is named there."""
    return LOGGER in raw or read_head(raw) is not None


def _turned(raw: bytes) -> bytes:
    """A line of structlog's console, which has logger and fields behind the message, with the fields before it."""
    found = BEHIND.search(raw)
    if found is None:
        return raw
    line = raw[: found.start()].rstrip()
    stamp = TIMED.match(line)
    return line if stamp is None else line[: stamp.end()] + found["fields"].strip() + b" " + line[stamp.end() :]


def _message(lines: Sequence[bytes], prefix: bytes) -> bytes:
    """A statement without what stands before it: the words before its parameters, which its record begins with too."""
    first = lines[0]
    stamp = TIMED.match(first)
    rest = first if stamp is None else first[stamp.end() :]
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


def structured_fields(entry: Mapping[str, Any], above: str = "") -> Fields:
    """The keys of a JSON record that may tell one request from another, those one level down too."""
    found: list[tuple[str, str]] = []
    for key, value in entry.items():
        if key.lower() in _SAID:
            continue
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = str(value)
            if len(text) <= LONGEST_FIELD:
                found.append((above + key, text))
        elif isinstance(value, Mapping) and above.count(".") < MOST_LEVELS:
            found += structured_fields(value, f"{above}{key}.")
    return tuple(found)
