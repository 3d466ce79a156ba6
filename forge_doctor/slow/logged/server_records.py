"""Records of PostgreSQL's own log, in the plain format, jsonlog and csvlog: each with what was logged below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.csv_records import readable_rows
from forge_doctor.streams.heads.line_head import read_head

# The columns of csvlog.
_PID, _MESSAGE, _DETAIL, _CONTEXT, _STATEMENT, _QUERY_ID = 3, 13, 14, 18, 19, 25
MOST_CHARACTERS, MOST_PREFIX = 1 << 20, 400
_TIME = regex(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d(?:\.\d{1,6})?|\d{10}\.\d{1,6}")
_PART = regex(r"(?<![A-Z])(DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION):  ")
# log_error_verbosity = verbose, and Heroku, which writes it before the severity.
_STATE = regex(r"(?=[A-Z]{0,4}\d)[0-9A-Z]{5}: {1,2}")
# Through syslog each line has a number of its own behind that of its record, and a tab is written out.
_NUMBERED = regex(r"\[(?P<record>\d{1,9})-(?P<line>\d{1,6})\] (?P<broken> |\t|#011)?")
_SEVERITY_WORD = regex(r"(?<![A-Z])(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?):  ")


def _process(raw: bytes) -> str:
    """The process that wrote a line, by its number; else by what stands before the severity, times left out."""
    head = read_head(raw)
    if head is not None and head.worker:
        return head.worker
    text = raw[:MOST_PREFIX].decode("utf-8", "replace")
    found = _PART.search(text) or _SEVERITY_WORD.search(text)
    return _TIME.sub("", text[: found.start()]).strip() if found else ""


@dataclass(slots=True)
class Record:
    """One record with what was logged below it."""

    pid: str
    message: str
    detail: str = ""
    context: str = ""
    statement: str = ""
    query_id: str = ""


@dataclass(slots=True)
class ServerRecords:
    """Records of one server's log, given to `judge` when they are whole. `begin` and `more` take lines of the plain format,
    `entry` a record of jsonlog, `rows` all of a csvlog; `finish` closes what is open."""

    judge: Callable[[Record], None]
    _open: dict[str, Record] = field(default_factory=dict)
    _part: tuple[Record, str] | None = None
    _number: str = ""

    def begin(self, raw: bytes) -> None:
        """A line with a head: a record of its own, or DETAIL, CONTEXT, STATEMENT of the one before."""
        text, pid = raw.decode("utf-8", "replace"), _process(raw)
        found = _PART.search(text[:MOST_PREFIX])
        severity = _SEVERITY_WORD.search(text[:MOST_PREFIX])
        if found is not None and (severity is None or found.start() < severity.start()):
            record = self._open.get(pid)
            name = found[1].lower()
            if record is None or name not in ("detail", "context", "statement"):
                self._part = None
                return
            setattr(record, name, text[found.end() :])
            self._part = (record, name)
            return
        self._close(pid)
        found = severity
        message = text[found.end() :] if found else text
        state = _STATE.match(message)
        record = self._open[pid] = Record(pid=pid, message=message[state.end() :] if state else message)
        self._part = (record, "message")
        numbered = _NUMBERED.search(text[:MOST_PREFIX])
        self._number = numbered["record"] if numbered is not None else ""

    def more(self, raw: bytes) -> None:
        """A line that goes on, behind a tab."""
        self._add("\n" + raw.decode("utf-8", "replace").removeprefix("\t"))

    def numbered(self, raw: bytes) -> bool:
        """Whether a line that syslog numbered goes on with the record before it; it is added then."""
        if b"-1] " in raw or not self._number:
            return False
        text = raw.decode("utf-8", "replace")
        found = _NUMBERED.search(text[:MOST_PREFIX])
        if found is None or found["line"] == "1" or _SEVERITY_WORD.search(text[found.end() : found.end() + 12]):
            return False
        if found["record"] == self._number:
            # A long line was cut at a blank, which the next one begins with.
            self._add(("\n" if found["broken"] else "") + text[found.end() :])
        return True

    def _add(self, more: str) -> None:
        if self._part is not None:
            record, name = self._part
            text = getattr(record, name)
            if len(text) < MOST_CHARACTERS:
                setattr(record, name, text + more)

    def entry(self, entry: Mapping[str, Any]) -> None:
        """A record of jsonlog."""
        query_id = entry.get("query_id")
        self.judge(
            Record(
                pid=str(entry.get("pid") or entry.get("process_id") or ""),
                message=str(entry.get("message", "")),
                detail=str(entry.get("detail", "")),
                context=str(entry.get("context", "")),
                statement=str(entry.get("statement", "")),
                query_id=str(query_id) if query_id else "",
            )
        )

    def rows(self, lines: Iterator[str]) -> None:
        """All of a csvlog."""
        for row in readable_rows(lines):
            if len(row) > _STATEMENT:
                query_id = row[_QUERY_ID] if len(row) > _QUERY_ID else ""
                self.judge(
                    Record(
                        pid=row[_PID],
                        message=row[_MESSAGE],
                        detail=row[_DETAIL],
                        context=row[_CONTEXT],
                        statement=row[_STATEMENT],
                        query_id="" if query_id == "0" else query_id,
                    )
                )

    def finish(self) -> None:
        """Nothing more comes."""
        for pid in list(self._open):
            self._close(pid)

    def _close(self, pid: str) -> None:
        record = self._open.pop(pid, None)
        if record is not None:
            self.judge(record)
