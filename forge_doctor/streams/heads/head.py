"""Reads the head of a program's log record: time, level, logger, process, message; decides nothing."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from forge_doctor.streams.carriers.clock import DIGITS, STAMP, Layout, layout_of, parse_stamp, stamp_seconds
from forge_doctor.streams.carriers.json_text import loads
from forge_doctor.streams.heads.structured import Record, read_json

LONGEST_KNOWN = 300
MOST_KNOWN = 2048
SHAPE_BYTES = 32
LEVELS = {
    "trace": 5,
    "debug": 10,
    "info": 20,
    "information": 20,
    "verbose": 10,
    "success": 25,
    "notice": 20,
    "log": 20,
    "default": 20,
    "statement": 0,
    "warning": 30,
    "warn": 30,
    "error": 40,
    "err": 40,
    "exception": 40,
    "critical": 50,
    "fatal": 50,
    "panic": 50,
    "alert": 50,
    "emergency": 50,
    "detail": 0,
    "hint": 0,
    "context": 0,
    "query": 0,
    "location": 0,
}
_WORDS = rb"TRACE|DEBUG\d?|INFO|SUCCESS|NOTICE|LOG|WARNING|WARN|ERROR|EXCEPTION|CRITICAL|FATAL|PANIC|ALERT|EMERGENCY"
# What is logged by libraries, and stands without time and level where no handler is set: each begins an event of its own.
BARE_MESSAGES = (
    b"Task was destroyed but it is pending!",
    b"Task exception was never retrieved",
    b"Future exception was never retrieved",
    b"Exception terminating connection ",
    b"Exception closing connection ",
    b"Exception during reset or similar",
    b"The garbage collector is trying to clean up ",
    b"Executing <",
    b"Exception in callback ",
    b"Exception ignored in",
    b"Unclosed connection",
    b"Fatal error on transport",
)
_SERVER_WORDS = rb"STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION"
_TIMED = re.compile(rb"\[?" + STAMP + rb"\]?[ |,:-]*")
_CLOCK = re.compile(rb"\[?(\d\d:\d\d:\d\d)(?:[.,]\d{1,6})?\]?[ |,:-]+")
_LEVEL = re.compile(
    rb"(?:^|[\s\[|(:=])\[?(" + _WORDS + rb"|" + _SERVER_WORDS + rb")(?=[\s\]|:,)]|$)"
    rb"|\[(debug|info|warning|error|critical|exception|notset) *\]"
)
_PLAIN = re.compile(rb"(" + _WORDS + rb")(?:: +|:([\w.]+):| +\[|: ?$|  +)")
_BRACKET = re.compile(rb"\[(" + _WORDS + rb")\] +")
_PID = re.compile(rb"\[(\d{1,10})(?:[-:][\d-]+)?\]|\bpid[=: ](\d{1,10})|\b(?:process|worker)[=: -](\d{1,10})")
_LOGGER = re.compile(rb"\[?(?<!\w)((?:[A-Za-z_]\w*+)(?:\.\w++)++|root|asyncio)(?::\d+|:\w+:\d+)?\]?")
_SERVER = re.compile(rb"\[\d+(?:-\d+)?\]")
_POOLER = re.compile(
    rb"\[?(?<!\d)\d+\]? (?:LOG|WARNING|ERROR|FATAL|NOISE|DEBUG) [CS]-0x|closing because: |pgbouncer", re.ASCII
)
_WARNED = re.compile(rb"(?:<[\w. -]+>|[^\s:][^:]*|[A-Za-z]:\\[^:]+):(\d+): (\w*Warning): ")
_LOGFMT = re.compile(rb'(?:^|\s)(?:level|lvl|severity)="?(\w+)"?')
_LOGFMT_TIME = re.compile(rb'(?:^|\s)(?:time|ts|timestamp|t)="?([^"\s]+)')
_LOGFMT_MESSAGE = re.compile(rb'(?:^|\s)(?:message|msg|event|error|err)="((?:[^"\\]|\\.)*)"')
_LOGFMT_PAIR = re.compile(rb'(?:^|(?<=\s))([A-Za-z_][\w.-]{0,60})=(?:"((?:[^"\\]|\\.)*)"|(\S*))')
# logging's RichHandler; its time is left out where it is that of the record before.
_RICH = re.compile(
    rb"(?:\[(\d\d)/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)\] | {9,30})(DEBUG   |INFO    |WARNING |ERROR   |CRITICAL) (?=\S)"
)
_MESSAGE_JUNK = re.compile(rb"^(?:[\]\s|:-]|\[[\w.:/ -]*\])+")


@dataclass(slots=True)
class Head:
    """What the first line of a log record says; `level` as Python counts them, -1 unknown.

    `origin` is `app`, `postgresql` or `pgbouncer`; `record` holds the rest where the line is
    structured (JSON, csvlog); `warned` is (file, line) of a Python warning.
    """

    message: bytes
    level: int = -1
    at: float | None = None
    logger: str = ""
    worker: str = ""
    origin: str = "app"
    sqlstate: str = ""
    record: Record | None = None
    warned: tuple[str, int] | None = None


class Heads:
    """Reads heads; what follows the time is the same in many records, and remembered."""

    def __init__(self, zone_s: float = 0.0) -> None:
        self._zone_s = zone_s
        self._known: dict[bytes, Head] = {}
        self._layouts: dict[bytes, Layout | None] = {}

    def stamp(self, raw: bytes) -> tuple[float | None, bytes] | None:
        """The time that a plain record's line begins with, and what follows it; None where it is another kind."""
        if len(raw) > LONGEST_KNOWN:
            return None
        shape = raw[:SHAPE_BYTES].translate(DIGITS)
        layout = self._layouts.get(shape)
        if layout is not None and (at := layout.seconds(raw, self._zone_s)) is not None:
            return at, raw[layout.end :]
        found = _TIMED.match(raw) if shape[:1] in (b"0", b"[") else None
        if found is None:
            return None
        # Only where it ends before the shape does, nothing behind the shape has a say in it.
        if found.end() < SHAPE_BYTES and len(self._layouts) < MOST_KNOWN:
            self._layouts[shape] = layout_of(found)
        return stamp_seconds(found, self._zone_s), raw[found.end() :]

    def read(self, text: bytes) -> Head | None:
        """The head of the record that begins with this line; None for a line that continues one."""
        if len(text) > LONGEST_KNOWN or not (text[:1].isdigit() or text[:1] == b"["):
            return read_head(text, self._zone_s)
        found = _TIMED.match(text)
        if found is None or text[found.end() - 1 : found.end() + 1] == b',"':
            return read_head(text, self._zone_s)
        rest = text[found.end() :]
        if rest not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[rest] = _rest_head(rest)
        known = self._known[rest]
        return Head(
            message=known.message,
            level=known.level,
            at=stamp_seconds(found, self._zone_s),
            logger=known.logger,
            worker=known.worker,
            origin=known.origin,
        )


def read_head(text: bytes, zone_s: float = 0.0) -> Head | None:
    """The head of the record that begins with this line; None for a line that continues one."""
    first = text[:1]
    if first in (b" ", b"\t", b"", b"|", b"+"):
        return _rich_head(text, zone_s) if text.startswith(b" " * 9) else None
    if first == b"{":
        return _json_head(text, zone_s)
    if text.startswith(BARE_MESSAGES):
        return Head(message=text)
    if first.isdigit() or first == b"[":
        return _timed_head(text, zone_s)
    if first.isupper():
        found = _PLAIN.match(text)
        if found:
            logger = (found.group(2) or b"").decode("ascii", "replace")
            message = text[found.end() - (1 if text[found.end() - 1 : found.end()] == b"[" else 0) :]
            return Head(message=message, level=_level(found.group(1)), logger=logger, worker=_pid(message[:40]))
    found = _WARNED.match(text)
    if found:
        return Head(message=text, level=30, warned=(_path(text[: found.start(1) - 1]), int(found.group(1)[:9])))
    return _logfmt_head(text, zone_s)


def is_head(text: bytes) -> bool:
    """Whether a program's record begins with this line: one with a level, or that says where it is from."""
    head = read_head(text)
    return head is not None and (head.level >= 0 or head.record is not None or head.warned is not None)


def _timed_head(text: bytes, zone_s: float) -> Head | None:
    found = _TIMED.match(text)
    if found is None:
        clock = _CLOCK.match(text)
        bracket = _BRACKET.match(text)
        if bracket:
            return Head(message=text[bracket.end() :], level=_level(bracket.group(1)))
        level = _LEVEL.search(text, clock.end(), clock.end() + 60) if clock else None
        if level is None:
            return _rich_head(text, zone_s)
        return Head(message=text[level.end() :].lstrip(b" ]:|-"), level=_found_level(level))
    at = stamp_seconds(found, zone_s)
    rest = text[found.end() :]
    if text[found.end() - 1 : found.end()] == b"," and rest[:1] == b'"':
        return _csv_head(text, at)
    head = _rest_head(rest)
    head.at = at
    return head


def _rich_head(text: bytes, zone_s: float) -> Head | None:
    found = _RICH.match(text)
    if found is None:
        return None
    month, day, year, clock, level = found.groups()
    at = parse_stamp(b"20%b-%b-%b %b" % (year, month, day, clock), zone_s) if year else None
    return Head(message=text[found.end() :], level=_level(level.strip()), at=at)


def _rest_head(rest: bytes) -> Head:
    """The head by what follows its time."""
    level = _LEVEL.search(rest[:160])
    if level is None:
        return Head(message=rest, worker=_pid(rest[:60]))
    before, after = rest[: level.start()], rest[level.end() :]
    logger = _LOGGER.search(before + b" " + after[:120].lstrip(b" ]|:"))
    head = Head(
        message=_MESSAGE_JUNK.sub(b"", after, count=1),
        level=_found_level(level),
        logger=logger.group(1).decode("ascii", "replace") if logger else "",
        worker=_pid(rest[:80]),
    )
    if _POOLER.search(rest[:200]):
        head.origin = "pgbouncer"
    elif after.startswith(b":  ") and (_SERVER.search(before) or b"@" in before or not before.strip()):
        head.origin = "postgresql"
    return head


def _json_head(text: bytes, zone_s: float) -> Head | None:
    entry = loads(text)
    if entry is None:
        return _broken_json_head(text) if text.startswith(b'{"') else None
    if not entry:
        return None
    record = read_json(entry)
    level = LEVELS.get(record.level.lower(), -1) if not record.level.isdigit() else _numeric_level(record.level)
    return Head(
        message=record.message.encode("utf-8", "surrogateescape"),
        level=level,
        at=parse_stamp(record.time, zone_s) if record.time else None,
        logger=record.logger,
        worker=record.worker,
        origin="postgresql" if record.sqlstate or "error_severity" in entry else "app",
        sqlstate=record.sqlstate,
        record=record,
    )


def _broken_json_head(text: bytes) -> Head:
    """A JSON line that was cut or damaged: its level, and its text unescaped."""
    found = re.search(rb'"(?:level|levelname|severity)": ?"(\w+)"', text)
    stamp = re.search(rb'"(?:timestamp|time|@timestamp|ts|asctime)": ?"([^"]+)"', text)
    plain = unescape(text)
    message, _, body = plain.partition("\n")
    return Head(
        message=message.encode("utf-8", "surrogateescape"),
        level=_level(found.group(1)) if found else -1,
        at=parse_stamp(stamp.group(1)) if stamp else None,
        record=Record(message=message, trace=body),
    )


def unescape(text: bytes) -> str:
    """Text that went through JSON or repr() once, with its line ends and quotes back."""
    plain = text.decode("utf-8", "replace")
    return plain.replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t").replace("\\\\", "\\")


def _csv_head(text: bytes, at: float | None) -> Head:
    try:
        row = next(csv.reader([text.decode("utf-8", "replace")]), [])
    except csv.Error:
        row = []
    if len(row) < 14:
        return Head(message=text, at=at)
    return Head(
        message=row[13].encode("utf-8", "replace"),
        level=LEVELS.get(row[11].lower(), -1),
        at=at,
        worker=row[3],
        origin="postgresql",
        sqlstate=row[12],
    )


def _logfmt_head(text: bytes, zone_s: float) -> Head | None:
    level = _LOGFMT.search(text[:300])
    if level is None or b"=" not in text[:40]:
        return None
    stamp, message = _LOGFMT_TIME.search(text[:300]), _LOGFMT_MESSAGE.search(text)
    record = read_json(_logfmt_pairs(text)) if b"Traceback" in text else None
    return Head(
        message=unescape(message.group(1)).encode("utf-8", "replace") if message else text,
        level=_level(level.group(1)),
        at=parse_stamp(stamp.group(1), zone_s) if stamp else None,
        logger=record.logger if record else "",
        worker=_pid(text[:300]),
        record=record if record and record.trace else None,
    )


def _logfmt_pairs(text: bytes) -> dict[str, str]:
    """Keys and what they are given, as in `level=error exc_info="Traceback...\\n"`."""
    return {found[1].decode(): unescape(found[2] or found[3] or b"") for found in _LOGFMT_PAIR.finditer(text)}


def _found_level(found: re.Match[bytes]) -> int:
    return _level(found.group(1) or found.group(2))


def _level(word: bytes) -> int:
    return LEVELS.get(word.decode("ascii", "replace").lower().rstrip("12345"), -1)


def _numeric_level(word: str) -> int:
    return min(50, int(word[:9])) if word.isascii() else -1


def _pid(text: bytes) -> str:
    found = _PID.search(text)
    return next(group.decode() for group in found.groups() if group) if found else ""


def _path(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
