"""Reads heads that begin with their level and have the time behind it: Django's, AWS Lambda's, Tornado's, glog's."""

from __future__ import annotations

from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head, worker_of
from forge_doctor.streams.times.clock import STAMP, parse_stamp, stamp_seconds

_TIME = regex(rb"\[?" + STAMP + rb"\]?[ |,:\t-]*")
# Behind it a module, a process and a thread (Django's documentation), or the request that Lambda serves.
_WHO = regex(rb"(?:[A-Za-z_][\w.]* \d+ \d+ |[0-9a-f]{8}-[0-9a-f-]{27}\t)(?=\S)")
# [E 260504 07:12:30 web:2239] as Tornado has it, [E 2026-05-04 07:12:30.101 ServerApp] as Jupyter.
_TORNADO = regex(
    rb"\[([DIWEC]) (?:(\d\d)(\d\d)(\d\d)|(?:20)?(\d\d)-(\d\d)-(\d\d)) (\d\d:\d\d:\d\d)(?:\.\d{1,6})? [^\]]{1,80}\] ?"
)
# E0504 07:12:30.101000      41 o.py:14] as glog, absl and Kubernetes have it, without a year.
_GLOG = regex(
    rb"([DIWEF])(0[1-9]|1[0-2])([0-3]\d) (\d\d:\d\d:\d\d\.\d{1,6}) +\d+ (?:ERROR:|FATAL:)?[\w./-]{1,80}:\d+\] ?"
)
# 4711 22 Nov 08:00:01.123 error [c1b2 none] (startup) as Odyssey has it, without a year unless its format says otherwise.
_NUMBERED = regex(
    rb"\d{1,7} (?:(\d{1,2}) ([A-Z][a-z]{2}) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)|(" + STAMP + rb")) {1,3}"
    rb"(debug|info|warning|error|fatal) {1,6}\[[^\]\n]{0,80}\] \([^)\n]{0,60}\) "
)
_WORDS = {b"debug": 10, b"info": 20, b"warning": 30, b"error": 40, b"fatal": 50}
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LEVELS = {b"D": 10, b"I": 20, b"W": 30, b"E": 40, b"C": 50, b"F": 50}


def level_first(message: bytes, level: int, zone_s: float) -> Head | None:
    """The head of a record whose level is taken off: its time comes first in what follows; None where it does not."""
    found = _TIME.match(message)
    if found is None:
        return None
    rest = message[found.end() :]
    who = _WHO.match(rest)
    return Head(
        message=rest[who.end() :] if who else rest,
        level=level,
        at=stamp_seconds(found, zone_s),
        worker=worker_of(rest[:60]),
    )


def lettered(text: bytes, zone_s: float) -> Head | None:
    """The head of a record whose level is one letter, or in small ones behind a process; None where it is not."""
    found = _TORNADO.match(text) if text[:1] == b"[" else None
    if found:
        year, month, day = (part for part in found.groups()[1:7] if part is not None)
        at = parse_stamp(b"20%b-%b-%b %b" % (year, month, day, found[8]), zone_s)
        return Head(message=text[found.end() :], level=_LEVELS[found[1]], at=at)
    found = _GLOG.match(text) if text[1:5].isdigit() else None
    if found is None:
        return _numbered(text, zone_s)
    stamp = b"%b %b %b" % (_MONTHS[int(found[2]) - 1], found[3], found[4])
    return Head(message=text[found.end() :], level=_LEVELS[found[1]], yearless=stamp)


def _numbered(text: bytes, zone_s: float) -> Head | None:
    """The head of a record that begins with the number of its process; None where it does not."""
    found = _NUMBERED.match(text)
    if found is None:
        return None
    level, message = _WORDS[found[found.lastindex or 0]], text[found.end() :]
    if found[4] is not None:
        return Head(message=message, level=level, at=parse_stamp(found[4], zone_s), logger="odyssey")
    return Head(message=message, level=level, logger="odyssey", yearless=b"%b %b %b" % (found[2], found[1], found[3]))
