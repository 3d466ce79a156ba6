"""The grammar of PostgreSQL's own log: durations, plans of auto_explain, waits for locks, temporary files, sessions."""

from __future__ import annotations

import re

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.slow.logged.engine_log import Sent
from forge_doctor.slow.logged.plan_text import logged_plan
from forge_doctor.slow.logged.separation import Kind, Separation
from forge_doctor.slow.logged.server_records import Record
from forge_doctor.slow.logged.template import Template, Templates
from forge_doctor.slow.logged.transactions import Journal
from forge_doctor.slow.plan import Plan

DURATION = regex(
    r"duration: (?P<ms>\d{1,12}(?:\.\d{1,6})?) ms"
    r"(?:  (?P<what>plan|statement|(?:execute|parse|bind)(?: [^:\n]{0,100})?):\s?)?(?P<body>.*)\Z",
    re.DOTALL,
)
LOGGED = regex(r"(?P<what>statement|execute(?: [^:\n]{0,100})?):\s(?P<body>.*)\Z", re.DOTALL)
WAITED = regex(
    r"process (?P<pid>\d{1,10}) (?P<how>still waiting for|acquired) (?P<mode>\w{1,40}) on [^\n]{1,200}? after (?P<ms>[\d.]{1,20}) ms"
)
TEMPORARY = regex(r"temporary file: path [^\n]{1,1000}, size (\d{1,20})")
OPENED = regex(r"connection authorized: ")
CLOSED = regex(r"disconnection: session time: (\d{1,6}):(\d\d):(\d\d(?:\.\d{1,6})?)")
PARAMETER = regex(r"\$(\d{1,5}) = (?:'((?:[^']|'')*+)'|NULL)")
TEXT = regex(r"Query Text: (?P<text>.*)\Z", re.DOTALL)
_BEGUN = regex(r"\s*(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_ENDED = regex(r"\s*(COMMIT|ROLLBACK|END|ABORT)\b(?!\s+(?:TO|PREPARED)\b)", re.IGNORECASE)
_SAME_MS, _SAME_PART = 0.5, 0.01
SHORT_S = 1.0
BY_PID = Separation(names=("pid",), by_request=False)


@dataclass(slots=True)
class Timing:
    """What the log says of one statement's executions."""

    timed: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0
    longest_own_ms: float = 0.0
    waited_ms: float = 0.0
    waits: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    patterns: int = 0
    open_patterns: int = 0
    deepest: int | None = None
    query_id: str = ""


@dataclass(slots=True)
class _Last:
    """What a process logged last: the record that plan and duration of one execution have in common."""

    template: Template
    ms: float
    planned: bool
    asked: bool = False


@dataclass(slots=True)
class ServerLog:
    """What the records of one server's log come to, judged one after the other."""

    templates: Templates
    journal: Journal = field(default_factory=lambda: Journal(fixed=BY_PID))
    timings: dict[Template, Timing] = field(default_factory=dict)
    plans: dict[Template, tuple[float, Plan]] = field(default_factory=dict)
    records: int = 0
    opened: int = 0
    ended: int = 0
    short: int = 0
    unread_plans: int = 0
    _waits: dict[str, float] = field(default_factory=dict)
    _last: dict[str, _Last] = field(default_factory=dict)
    _named: dict[str, Template] = field(default_factory=dict)

    def judge(self, record: Record) -> None:
        """Count the next record."""
        message = record.message
        found = DURATION.match(message)
        if found is not None:
            self._timed(record, found)
        elif (found := WAITED.match(message)) is not None:
            self._waited(record, found)
        elif (found := TEMPORARY.match(message)) is not None:
            self._spilled(record, int(found[1]))
        elif OPENED.match(message):
            self.opened += 1
            self.records += 1
        elif (found := CLOSED.match(message)) is not None:
            self.ended += 1
            self.records += 1
            self.short += int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) < SHORT_S
        elif (found := LOGGED.match(message)) is not None:
            self.records += 1
            self._ran(record, found["body"])

    def _timed(self, record: Record, found: re.Match[str]) -> None:
        self.records += 1
        ms, what, body = float(found["ms"]), found["what"] or "", found["body"]
        if what == "plan":
            self._planned(record, ms, body)
            return
        if not what:  # log_duration: the statement was logged before
            template = self._named.pop(record.pid, None)
            if template is not None:
                self._count(record, template, ms)
            return
        template = self._ran(record, body, runs=what.startswith(("execute", "statement")), named=False)
        if template is not None:
            execution = not what.startswith(("parse", "bind"))
            last = self._count(record, template, ms, execution=execution)
            if execution:
                self._asked(template, record.detail, last)

    def _ran(self, record: Record, body: str, *, runs: bool = True, named: bool = True) -> Template | None:
        """A statement that ran: to the journal, which knows transactions by their process."""
        fields = (("pid", record.pid),)
        if _BEGUN.match(body):
            self.journal.note(Kind.BEGIN, fields)
            return None
        if (ended := _ENDED.match(body)) is not None:
            committed = ended[1].upper() in ("COMMIT", "END")
            self.journal.note(Kind.COMMIT if committed else Kind.ROLLBACK, fields)
            return None
        template = self.templates.of(body.encode())
        if named:
            self._named[record.pid] = template
        if runs:
            digest = hash(record.detail) if record.detail else None
            self.journal.note(Kind.SENT, fields, template, Sent(digest=digest, hidden=digest is None))
        return template

    def _timing(self, template: Template, record: Record) -> Timing:
        timing = self.timings.get(template)
        if timing is None:
            timing = self.timings[template] = Timing()
        # A plan is logged when the next statement has begun, and bears that one's.
        if not record.message.startswith("duration: ") or "  plan:" not in record.message[:60]:
            timing.query_id = timing.query_id or record.query_id
        return timing

    def _count(
        self, record: Record, template: Template, ms: float, *, execution: bool = True, planned: bool = False
    ) -> _Last:
        """One execution's time; the plan and the duration of the same one are two records, and one execution."""
        timing = self._timing(template, record)
        last = self._last.get(record.pid)
        both = last is not None and last.template is template and last.planned != planned
        if last is not None and both and abs(last.ms - ms) <= max(_SAME_MS, _SAME_PART * ms):
            return self._last.pop(record.pid)
        waited = self._waits.pop(record.pid, 0.0)
        timing.total_ms += ms
        now = _Last(template, ms, planned)
        if not execution:
            return now
        self._last[record.pid] = now
        timing.timed += 1
        timing.longest_ms = max(timing.longest_ms, ms)
        timing.longest_own_ms = max(timing.longest_own_ms, ms - waited)
        timing.waited_ms += waited
        timing.waits += waited > 0
        return now

    def _planned(self, record: Record, ms: float, body: str) -> None:
        found = logged_plan(body)
        if found is None:
            self.unread_plans += 1
            return
        template = self.templates.of(found.statement.encode())
        last = self._count(record, template, ms, planned=True)
        if found.open_pattern and not last.asked:
            timing = self._timing(template, record)
            timing.patterns, timing.open_patterns, last.asked = timing.patterns + 1, timing.open_patterns + 1, True
        self._asked(template, found.parameters, last)
        kept = self.plans.get(template)
        if kept is None or ms > kept[0]:
            self.plans[template] = (ms, found.plan(template.key))

    def _asked(self, template: Template, parameters: str, last: _Last) -> None:
        """What logged parameters say of a LIKE or an OFFSET, once for each execution."""
        if not template.asks or not parameters or last.asked:
            return
        last.asked = True
        values = {int(one[1]) - 1: one[2] for one in PARAMETER.finditer(parameters)}
        timing = self.timings.setdefault(template, Timing())
        for place in template.likes:
            value = values.get(place) if isinstance(place, int) else None
            if value:
                timing.patterns += 1
                timing.open_patterns += value[:1] in ("%", "_")
        offset = values.get(template.offset) if isinstance(template.offset, int) else None
        if offset and offset.isdigit():
            timing.deepest = max(timing.deepest or 0, int(offset[:18]))

    def _waited(self, record: Record, found: re.Match[str]) -> None:
        """A wait for a lock: subtracted from the duration of the same process that follows."""
        self.records += 1
        pid, ms = found["pid"], float(found["ms"])
        self._waits[pid] = max(ms, self._waits.get(pid, 0.0))
        if record.statement:
            # Known even where the statement never came to its end.
            self._timing(self.templates.of(record.statement.encode()), record)

    def _spilled(self, record: Record, size: int) -> None:
        self.records += 1
        if record.statement:
            timing = self._timing(self.templates.of(record.statement.encode()), record)
            timing.temp_files += 1
            timing.temp_bytes += size
