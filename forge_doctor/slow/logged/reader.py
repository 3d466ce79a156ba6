"""Lines of one program to records of SQLAlchemy's engine log, whatever stands before them; what is PostgreSQL's goes on.

What stands before a message is taken from the log itself: a statement is followed by its parameters' record, which
begins with the same words, and where those end is known by its bracket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from forge_doctor.regex import regex
from forge_doctor.slow.logged.engine_log import (
    ACCESS,
    BARE_ENDS,
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
from forge_doctor.slow.logged.messages import (
    KEYED,
    LOGGER,
    LOGGER_BEHIND,
    Names,
    Stamps,
    bare_parameters,
    fields_before,
    is_head_line,
    keyed,
    message_of,
    record_of,
    statement_of,
    turned,
    without_tail,
)
from forge_doctor.slow.logged.separation import Fields, Kind
from forge_doctor.slow.logged.server_records import ServerRecords
from forge_doctor.slow.logged.template import Template, Templates
from forge_doctor.slow.logged.timed_messages import TimedMessages
from forge_doctor.slow.logged.transactions import Journal
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.heads.line_head import read_head

# Whatever log_line_prefix is, PostgreSQL writes two blanks behind the severity.
SERVER_LINE = regex(rb"(?:^|[^A-Z])(?:LOG|DETAIL|HINT|CONTEXT|STATEMENT|ERROR|FATAL|PANIC|WARNING):  \S")
MOST_KNOWN, MOST_LINES = 8_192, 2_000


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
        self.timed = TimedMessages(templates)
        self.records = self.created = self.checked_out = 0
        self.pool = ""
        self._known: dict[bytes, _Known] = {}
        self._statements: dict[tuple[bytes, bytes], Template | None] = {}
        self._stamps, self._names = Stamps(), Names()
        self._fields: dict[bytes, Fields] = {}
        self._pending: list[bytes] = []
        self._entry: Mapping[str, Any] | None = None
        self._of_server = False

    def feed(self, lines: Sequence[bytes]) -> None:
        """Read lines."""
        known, after = self._known, self._stamps.after
        for raw in lines:
            if LOGGER_BEHIND in raw:
                raw = turned(raw)
            one = known.get(raw)
            if one is None:
                if (raw[:1] == b"{" or KEYED in raw or self._of_server) and self._is_apart(raw):
                    continue
                rest = after(raw)
                one = known.get(rest)
                if one is None:
                    # Parameters differ in each record: what is before them is all there is to remember.
                    if not self._of_server and self._is_parameters(rest):
                        continue
                    one = self._line(raw, rest)
            else:
                rest = raw
            if one is _CONTINUES:
                if self._of_server:
                    self._server.more(raw)
                elif len(self._pending) < MOST_LINES:
                    self._pending.append(raw)
                continue
            self._begin(raw, rest, one)

    def _is_apart(self, raw: bytes) -> bool:
        """Whether a line is a whole record in a structure of its own, or goes on by a number; it is read then."""
        entry: Mapping[str, Any] | None = None
        if raw[:1] == b"{":
            entry = loads(raw)
            own = record_of(entry) if entry is not None and b"error_severity" in raw else None
            if own is not None:
                self._of_server = True
                self._server.entry(own)
                return True
        elif KEYED in raw:
            entry = keyed(raw)
        elif self._of_server and b"] " in raw:
            return self._server.numbered(raw)
        if entry is not None:
            self._structured(entry)
        return entry is not None

    def finish(self) -> None:
        """Nothing more comes."""
        self._told()
        self._server.finish()

    def _line(self, raw: bytes, rest: bytes) -> _Known:
        """What a line is that has no parameters; remembered by what follows its time, by all of it where it has none."""
        one = self._read(raw, rest)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        if len(rest) < MOST_LINES:
            self._known[rest] = one
        return one

    def _begin(self, raw: bytes, rest: bytes, one: _Known) -> None:
        """A record begins."""
        # Of the other kinds the record is all there is: what comes behind it is another message.
        self._told()
        self._pending = [rest] if one.kind is None else []
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

    def _told(self) -> None:
        """A record is over that was nothing of the engine's: an application's own, perhaps."""
        if self._pending and self._entry is None:
            self.timed.lines(self._pending)
        elif self._pending and self._entry is not None:
            self.timed.entry(self._entry, self._pending[0].decode("utf-8", "replace"))
        self._pending, self._entry = [], None

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
        if found is not None and (len(rest) < len(raw) or found.start() == 0 or is_head_line(raw)):
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

    def _is_parameters(self, rest: bytes) -> bool:
        """Whether a record is the parameters of the statement before it; counted then."""
        if b"] " in rest and (found := PARAMETERS.search(rest)) is not None:
            self._parameters(rest[: found.start()], found["more"], rest[found.end() :])
            return True
        if rest[-1:] in BARE_ENDS and self._pending and (start := bare_parameters(rest, self._pending[0])) >= 0:
            self._parameters(rest[:start], b"", rest[start:])
            return True
        return False

    def _parameters(self, prefix: bytes, more: bytes, parameters: bytes) -> None:
        """The record behind a statement: the statement is what came before it."""
        lines, self._pending = self._pending, []
        if not lines:
            self.journal.twins += 1
            return
        if lines[-1][-1:] == b"]":
            lines[-1] = without_tail(lines[-1], parameters)
        if prefix[-1:] == b'"':
            lines[-1] = lines[-1].removesuffix(b'"')
        template = self._template(lines, prefix)
        if template is not None:
            self._sent(template, more, parameters, self._fields_of(prefix))

    def _template(self, lines: Sequence[bytes], prefix: bytes) -> Template | None:
        """Of a record's lines with the words before its parameters; None where no statement is in them."""
        key = (prefix, b"\n".join(lines))
        if key in self._statements:
            return self._statements[key]
        statement = statement_of(lines, prefix)
        template = self._templates.of(statement) if statement else None
        if len(self._statements) >= MOST_KNOWN:
            self._statements.clear()
        if len(key[1]) < MOST_LINES:
            self._statements[key] = template
        return template

    def _sent(self, template: Template, more: bytes, parameters: bytes, fields: Fields) -> None:
        self.records += 1
        self.journal.note(Kind.SENT, fields, template, sent(more, parameters, template))

    def _fields_of(self, prefix: bytes) -> Fields:
        """The words before a message."""
        fields = self._fields.get(prefix)
        if fields is None:
            fields = fields_before(prefix)
            if len(self._fields) >= MOST_KNOWN:
                self._fields.clear()
            self._fields[prefix] = fields
        return fields

    def _structured_parameters(self, more: bytes, parameters: bytes, entry: Mapping[str, Any]) -> None:
        lines, self._pending = self._pending, []
        self.journal.twins += not lines
        if lines:
            self._sent(self._templates.of(lines[0]), more, parameters, self._names.fields(entry))

    def _structured(self, entry: Mapping[str, Any]) -> None:
        """A JSON record."""
        self._of_server = False
        message = message_of(entry).encode("utf-8", "replace")
        if b":  " in message and SERVER_LINE.search(message[:400]) is not None:
            first, *more = message.split(b"\n")
            self._server.begin(first)
            for line in more:
                self._server.more(line)
            return
        found = PARAMETERS.match(message)
        if (
            found is None
            and message[-1:] in BARE_ENDS
            and self._pending
            and not bare_parameters(message, self._pending[0])
        ):
            self._structured_parameters(b"", message, entry)
            return
        if found is not None:
            self._structured_parameters(found["more"], message[found.end() :], entry)
            return
        self._told()
        self._pending, self._entry = [message], entry
        one = self._known.get(message) or self._line(message, self._stamps.after(message))
        if one.kind is Kind.BEGIN or one.kind in (Kind.COMMIT, Kind.ROLLBACK, Kind.ROW):
            one = _Known(one.kind, self._names.fields(entry))
        if one.kind == SERVER or one is _CONTINUES:
            return
        if one.kind is not None:
            self._pending, self._entry = [], None
        if isinstance(one.kind, Kind):
            self.records += one.kind is not Kind.ACCESS
            self.journal.note(one.kind, one.fields, one.what)
        elif one.kind is not None:
            self._pooled(one)
