"""Reads the head of a program's log record in whatever form it is written; decides nothing."""

from __future__ import annotations

import re

from forge_doctor.regex import regex
from forge_doctor.streams.heads import localised
from forge_doctor.streams.heads.dated import SIGNS, dated
from forge_doctor.streams.heads.head import Head, level_of, worker_of
from forge_doctor.streams.heads.level_first import lettered, level_first
from forge_doctor.streams.heads.level_words import LEVEL, WORDS, found_level
from forge_doctor.streams.heads.structured_head import csv_head, is_csvlog, json_head, logfmt_head
from forge_doctor.streams.heads.timeless import BARE_MESSAGES, timeless
from forge_doctor.streams.heads.warned import warned_head, with_warning
from forge_doctor.streams.times.clock import (
    DIGITS,
    STAMP,
    SYSLOG_STAMP,
    Layout,
    layout_of,
    parse_stamp,
    stamp_seconds,
    syslog_seconds,
)

LONGEST_KNOWN = 300
MOST_KNOWN = 2048
SHAPE_BYTES = 32
_YEARLESS = regex(SYSLOG_STAMP)
_TIMED = regex(rb"\[?" + STAMP + rb"\]?[ |,:-]*")
# A format that begins with a blank, and a level behind the time.
_BLANK_BEFORE = regex(rb" " + STAMP + rb"[^\w\n]{1,8}(?:" + WORDS + rb")\b")
# The name of a process before the time, as Sanic writes it.
_NAMED = regex(
    rb"[A-Za-z][\w.-]{0,30}(?: \d{1,5})? {1,4}(?=(?:" + STAMP + rb"|\d\d:\d\d:\d\d)[^\w\n]{1,8}(?:" + WORDS + rb")\b)"
)
# The corner of a box, of which a record's head is the title.
_CORNER = "╭ ".encode()
_CLOCK = regex(rb"\[?(\d\d:\d\d:\d\d)(?:[.,]\d{1,6})?[\]>)}\"'*#]?[ \t|,:-]+")
# arq's, which has no level; where a clock stands before each line of a traceback, it is no record's.
_CLOCKED = regex(rb"\d\d:\d\d:\d\d(?:[.,]\d{1,6})?: {1,4}((?!File \"|Traceback |\w+(?:\.\w+)*: )\S.*)", re.DOTALL)
_PLAIN = regex(rb"(" + WORDS + rb")(?:: +|:([\w.]+):| +\[|: ?$|  +| (?=\d{4}[-/]\d\d[-/]\d\d[ T]\d))")
_BRACKET = regex(rb"\[(" + WORDS + rb") {0,8}\][ \t]+")
_LOGGER = regex(rb"\[?(?<!\w)((?:[A-Za-z_]\w*+)(?:\.\w++)++|root|asyncio)(?::\d+|:\w+:\d+)?\]?")
_SERVER = regex(rb"\[\d+(?:-\d+)?\]")
_POOLER = regex(
    rb"\[?(?<!\d)\d+\]? (?:LOG|WARNING|ERROR|FATAL|NOISE|DEBUG) (?:[CS]-0x|server login failed: )|closing because: |pgbouncer",
    re.ASCII,
)
# logging's RichHandler; its time is left out where it is that of the record before, and its clock stands in the next line
# where the columns are narrow.
_RICH = regex(
    rb"(?:\[(\d\d)/(\d\d)/(\d\d)(?: (\d\d:\d\d:\d\d)\] | {2,30})| {9,30})(DEBUG   |INFO    |WARNING |ERROR   |CRITICAL) (?=\S)"
)
# With the name of the process behind the level, as Celery and multiprocessing write it.
_MESSAGE_JUNK = regex(rb"^[)>}*#~=\"';]{0,3}(?:/[\w.:@-]{1,80}\](?=\s|$))?(?:[\]\s|:-]|\[[\w.:/ -]*\])+")
_ENCLOSED = regex(rb"[<({\"'|*#](?:\d|[A-Z][a-z]{2} )[^\n]{6,40}[>)}\"'|*#]")
# What a program writes to its terminal, taken into its log: the level is that of the one that takes it.
_TAKEN = regex(rb"[ \t|:\[(-]{0,8}(?:sys\.)?(?i:std(?:err|out))[\])]{0,2}(?: {0,4}[|:-]| {2,}|(?<=[\])]) )[ \t]{0,8}")


# How a record begins that another one has for its message.
_MAY_BE_RECORD = regex(rb"\[?\d{4}-\d\d-\d\d|\[\d\d|(?:" + WORDS + rb"):(?:  |[\w.]{1,80}:)")
LOUD = 40
_TIME_BEGINS = tuple(b"%c" % byte for byte in b"0123456789[")


class Heads:
    """Reads heads; what follows the time is the same in many records, and remembered.

    `reference` is a moment near the log's end, for times without a year.
    """

    def __init__(self, zone_s: float = 0.0, reference: float | None = None) -> None:
        self._zone_s, self._reference = zone_s, reference
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
            return self._with_year(read_head(text, self._zone_s))
        found = _TIMED.match(text)
        if found is None:
            return self._with_year(read_head(text, self._zone_s))
        rest = text[found.end() :]
        if rest not in self._known:
            if is_csvlog(text, found.end()):
                return read_head(text, self._zone_s)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[rest] = with_warning(_rest_head(rest))
        known = self._known[rest]
        return Head(
            message=known.message,
            level=known.level,
            at=stamp_seconds(found, self._zone_s),
            logger=known.logger,
            worker=known.worker,
            origin=known.origin,
            warned=known.warned,
        )

    def _with_year(self, head: Head | None) -> Head | None:
        """The head with its time, where that names no year."""
        if head is not None and head.yearless and (stamp := _YEARLESS.match(head.yearless)) is not None:
            head.at = syslog_seconds(stamp, self._reference, self._zone_s)
        return head


def read_head(text: bytes, zone_s: float = 0.0) -> Head | None:
    """The head of the record that begins with this line; None for a line that continues one."""
    head = _read_head(text, zone_s)
    return None if head is None else with_warning(head)


def _read_head(text: bytes, zone_s: float) -> Head | None:
    first = text[:1]
    if first in (b" ", b"\t", b"", b"|", b"+"):
        return _indented_head(text, zone_s)
    if first == b"{":
        return json_head(text, zone_s) or _enclosed_head(text, zone_s)
    if text.startswith(BARE_MESSAGES):
        return Head(message=text)
    if first.isdigit() or first == b"[":
        return _timed_head(text, zone_s)
    if first.isupper():
        found = _PLAIN.match(text)
        if found:
            logger = (found.group(2) or b"").decode("ascii", "replace")
            message = text[found.end() - (1 if text[found.end() - 1 : found.end()] == b"[" else 0) :]
            level = level_of(found.group(1))
            head = level_first(message, level, zone_s) if message[:1] in _TIME_BEGINS else None
            head = head or _dated_head(text, zone_s)
            return head or Head(message=message, level=level, logger=logger, worker=worker_of(message[:40]))
        timed = lettered(text, zone_s) if text[1:2].isdigit() else _dated_head(text, zone_s)
        if timed is not None:
            return timed
    return warned_head(text) or _otherwise_begun(text, zone_s)


def _indented_head(text: bytes, zone_s: float) -> Head | None:
    """The head of a record that begins with blanks or a bar."""
    if text.startswith(b" " * 9):
        return _rich_head(text, zone_s)
    if text[:1] == b"|":
        return _enclosed_head(text, zone_s)
    return _timed_head(text[1:], zone_s) if text[1:2].isdigit() and _BLANK_BEFORE.match(text) else None


def _otherwise_begun(text: bytes, zone_s: float) -> Head | None:
    """The head of a record that begins with a corner, with signs or with a name."""
    if text.startswith(_CORNER):
        return _read_head(text[len(_CORNER) :], zone_s)
    if text[:1] in SIGNS and (signed := _enclosed_head(text, zone_s) or _dated_head(text, zone_s)) is not None:
        return signed
    named = _NAMED.match(text)
    return _timed_head(text[named.end() :], zone_s) if named else logfmt_head(text, zone_s) or timeless(text)


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
            message, told = text[bracket.end() :], level_of(bracket.group(1))
            head = level_first(message, told, zone_s) or _dated_head(text, zone_s)
            return head or Head(message=message, level=told)
        rest = text[clock.end() :] if clock else b""
        level = LEVEL.search(rest[:60])
        if level is None:
            head = _rich_head(text, zone_s) or lettered(text, zone_s) or _dated_head(text, zone_s)
            return head or (Head(message=clock[1]) if (clock := _CLOCKED.match(text)) else None)
        return Head(message=rest[level.end() :].lstrip(b" ]:|-"), level=found_level(level))
    at = stamp_seconds(found, zone_s)
    rest = text[found.end() :]
    if is_csvlog(text, found.end()):
        return csv_head(text, at)
    head = _rest_head(rest)
    head.at = at
    return head


def _enclosed_head(text: bytes, zone_s: float) -> Head | None:
    """The head of a record whose time stands between signs, of whatever kind, and that has a level."""
    if _ENCLOSED.match(text) is None:
        return None
    head = _timed_head(text[1:], zone_s)
    return head if head is not None and head.level >= 0 else None


def _dated_head(text: bytes, zone_s: float) -> Head | None:
    """The head of a record whose time is in another notation, or stands behind its level."""
    found = dated(text, zone_s)
    if found is None:
        return None
    head = _rest_head(found[1])
    head.at = found[0]
    return head


def _rich_head(text: bytes, zone_s: float) -> Head | None:
    found = _RICH.match(text)
    if found is None:
        return None
    month, day, year, clock, level = found.groups()
    at = parse_stamp(b"20%b-%b-%b %b" % (year, month, day, clock), zone_s) if clock else None
    return Head(message=text[found.end() :], level=level_of(level.strip()), at=at)


def _rest_head(rest: bytes) -> Head:
    """The head by what follows its time."""
    level = LEVEL.search(rest[:160])
    if level is None:
        return _localised_head(rest) or Head(message=rest, worker=worker_of(rest[:60]))
    before, after = rest[: level.start()], rest[level.end() :]
    logger = _LOGGER.search(before + b" " + after[:120].lstrip(b" ]|:"))
    head = Head(
        message=_MESSAGE_JUNK.sub(b"", after, count=1),
        level=found_level(level),
        logger=logger.group(1).decode("ascii", "replace") if logger else "",
        worker=worker_of(rest[:80]),
    )
    taken = _TAKEN.match(after)
    if taken is not None:
        _as_written(head, after[taken.end() :])
    elif _POOLER.search(rest[:200]):
        head.origin = "pgbouncer"
    elif head.level >= LOUD and (inner := _record_in(head.message)) is not None:
        # What takes in a program's records calls all of them errors that came from stderr.
        head.level, head.message = inner.level, inner.message
    elif after.startswith(b":  ") and (_SERVER.search(before) or b"@" in before or not before.strip()):
        head.origin = "postgresql"
        head.message = _in_english(head.message, "")
    return head


def _record_in(message: bytes) -> Head | None:
    """The head of the record that a message is; None where it is words."""
    inner = read_head(message) if _MAY_BE_RECORD.match(message) else None
    return inner if inner is not None and inner.level >= 0 else None


def _as_written(head: Head, text: bytes) -> None:
    """Give a head the level and the words of what was written to the terminal, which has a level where it is a record."""
    inner = read_head(text)
    head.level, head.message = (-1, text) if inner is None else (inner.level, inner.message)


def _localised_head(rest: bytes) -> Head | None:
    """The head of a server's record that names its severity in another language than English."""
    found = localised.severity(rest[:160])
    if found is None:
        return None
    word, english = found
    before, message = rest[: word.start()], rest[word.end() :]
    if not (_SERVER.search(before) or b"@" in before or not before.strip()):
        return None
    return Head(
        message=_in_english(message, localised.state_in(before)),
        level=level_of(english),
        worker=worker_of(rest[:80]),
        origin="postgresql",
    )


def _in_english(message: bytes, state: str) -> bytes:
    return localised.in_english(message.decode("utf-8", "replace"), state).encode("utf-8", "replace")
