"""Reads the head of a structured record: a JSON object a line, csvlog, `key=value` pairs."""

from __future__ import annotations

import csv
import re

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.heads.head import LEVELS, Head, level_of, numeric_level, worker_of
from forge_doctor.streams.heads.localised import in_english
from forge_doctor.streams.heads.structured import Record, inner_record, read_json
from forge_doctor.streams.times.clock import parse_stamp

_LOGFMT = regex(rb'(?:^|\s)(?:level|lvl|severity)=["\']?(\w+)')
_LOGFMT_TIME = regex(rb"(?:^|\s)(?:time|ts|timestamp|t|at|asctime)=[\"']?([^\"'\s]+(?: \d\d:\d\d:[\d.,]{2,12})?)")
# In single quotes where structlog's KeyValueRenderer wrote it.
_LOGFMT_MESSAGE = regex(rb"(?:^|\s)(?:message|msg|event|error|err)=(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')")
# Why, beside what was being done.
_LOGFMT_REASON = regex(rb"\s(?:error|err|reason)=(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')")
_LOGFMT_PAIR = regex(rb"""(?:^|(?<=\s))([A-Za-z_][\w.-]{0,60})=(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S*))""")

# The severity and SQLSTATE in a row of csvlog, whose user and database are empty where a process of the server's own speaks.
_CSVLOG = regex(rb",(?:DEBUG\d?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC),[0-9A-Z]{5},")
_ZONE_OF_ROW = regex(rb"(?:[A-Za-z]{2,5}|[+-]?\d\d(?::?\d\d)?),")
LONGEST_SESSION = 400


def json_head(text: bytes, zone_s: float) -> Head | None:
    """The head of a record that is a JSON object a line."""
    whole = loads(text)
    if whole is None:
        return _broken_json_head(text) if text.startswith(b'{"') else None
    if not whole:
        return None
    entry = inner_record(whole)
    record = read_json(entry)
    of_server = bool(record.sqlstate) or "error_severity" in entry
    if of_server:
        record.message = in_english(record.message, "" if record.message.isascii() else record.sqlstate)
    level = LEVELS.get(record.level.lower(), -1)
    if record.level.isdigit():
        # Graylog's records have syslog's numbers.
        level = numeric_level(record.level, of_syslog="short_message" in entry)
    return Head(
        message=record.message.encode("utf-8", "surrogateescape"),
        level=level,
        at=parse_stamp(record.time, zone_s) if record.time else None,
        logger=record.logger,
        worker=record.worker,
        origin="postgresql" if of_server else "app",
        sqlstate=record.sqlstate,
        statement=str(entry.get("statement", "")) if of_server else "",
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
        level=level_of(found.group(1)) if found else -1,
        at=parse_stamp(stamp.group(1)) if stamp else None,
        record=Record(message=message, trace=body),
    )


def unescape(text: bytes) -> str:
    """Text that went through JSON or repr() once, with its line ends and quotes back."""
    plain = text.decode("utf-8", "replace")
    plain = plain.replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'")
    return plain.replace("\\t", "\t").replace("\\\\", "\\")


def is_csvlog(text: bytes, end: int) -> bool:
    """Whether a line whose time ends there is a row of csvlog, which may name a zone behind it."""
    if text[end - 1 : end + 1] == b',"':
        return True
    zoned = text[end - 1 : end] == b"," or _ZONE_OF_ROW.match(text, end) is not None
    return zoned and _CSVLOG.search(text, end, end + LONGEST_SESSION) is not None


def csv_head(text: bytes, at: float | None) -> Head:
    """The head of a record of the server's csvlog."""
    try:
        row = next(csv.reader([text.decode("utf-8", "replace")]), [])
    except csv.Error:
        row = []
    if len(row) < 14:
        return Head(message=text, at=at)
    return Head(
        message=in_english(row[13], "" if row[13].isascii() else row[12]).encode("utf-8", "replace"),
        level=LEVELS.get(row[11].lower(), -1),
        at=at,
        worker=row[3],
        origin="postgresql",
        sqlstate=row[12],
        # Where it is the last column, its quote and the rest of the row come below.
        statement="" if len(row) < 20 else row[19] if len(row) > 20 else f"{row[19]}\n",
    )


def logfmt_head(text: bytes, zone_s: float) -> Head | None:
    """The head of a record of `key=value` pairs."""
    level = _LOGFMT.search(text[:300])
    if level is None or b"=" not in text[:40]:
        return None
    stamp, message = _LOGFMT_TIME.search(text[:300]), _LOGFMT_MESSAGE.search(text)
    record = read_json(_logfmt_pairs(text)) if b"Traceback" in text else None
    said = unescape(message[1] or message[2] or b"") if message else ""
    why = _LOGFMT_REASON.search(text, message.end()) if message and record is None else None
    reason = unescape(why[1] or why[2] or b"") if why else ""
    return Head(
        message=(f"{said}: {reason}" if reason else said).encode("utf-8", "replace") if message else text,
        level=level_of(level.group(1)),
        at=parse_stamp(stamp.group(1), zone_s) if stamp else None,
        logger=record.logger if record else "",
        worker=worker_of(text[:300]),
        record=record if record and record.trace else None,
    )


def _logfmt_pairs(text: bytes) -> dict[str, str]:
    """Keys and what they are given, as in `level=error exc_info="Traceback...\\n"`."""
    return {one[1].decode(): unescape(one[2] or one[3] or one[4] or b"") for one in _LOGFMT_PAIR.finditer(text)}
