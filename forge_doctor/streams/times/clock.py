"""Times as logs print them, as seconds since the epoch, UTC; guesses a year, never a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from forge_doctor.regex import regex

STAMP = (
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T ](?:at )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    rb" ?(Z|[+-]\d\d:?\d\d\b|(?:UTC|GMT|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|BST|MSK|JST)\b)?"
)
MOST_KNOWN = 4000
_STAMP = regex(STAMP)
SYSLOG_STAMP = rb"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?"
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_ZONE_HOURS = {
    b"CET": 1,
    b"CEST": 2,
    b"BST": 1,
    b"MSK": 3,
    b"JST": 9,
    b"EST": -5,
    b"EDT": -4,
    b"CST": -6,
    b"CDT": -5,
    b"MST": -7,
    b"MDT": -6,
    b"PST": -8,
    b"PDT": -7,
}
DIGITS = bytes(48 if 48 <= byte <= 57 else byte for byte in range(256))
"""Maps all digits to one, for `bytes.translate`: what it makes alike has its time in the same places."""
# Where year, month, day, hour and minute stand in what begins a `STAMP`.
_PARTS = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16))
_days: dict[bytes, float] = {}
# Minutes as they are written, of which a log repeats each many times.
_minutes: dict[bytes, float] = {}
# What is read of a time is a number that was met before: to look it up takes a third of what `int` does.
_SECONDS = {b"%02d" % second: second for second in range(100)}
_fractions: dict[bytes, float] = {}


class Layout(NamedTuple):
    """Where lines of one shape have a time that names no zone: up to its seconds, its fraction, and what follows."""

    begin: int
    second: int
    fraction: int
    end: int

    def seconds(self, raw: bytes, zone_s: float) -> float | None:
        """The moment in a line of that shape; None where there is no such day."""
        first, second, last, _ = self
        written = raw[first:second]
        minute = _minutes.get(written[:-2])
        if minute is None:
            minute = _minute(written[:-2], tuple(written[begin:end] for begin, end in _PARTS))
        if minute is None:
            return None
        at = minute + _SECONDS[written[-2:]]
        if last > second:
            fraction = raw[second + 1 : last]
            part = _fractions.get(fraction)
            at += _fraction(fraction) if part is None else part
        return at - zone_s


def layout_of(found: re.Match[bytes]) -> Layout | None:
    """Where a match that begins with a `STAMP` has it; None where that names a zone."""
    second = found.end(6)
    fraction = second if found.group(7) is None else found.end(7)
    return Layout(found.start(1), second, fraction, found.end()) if found.group(8) is None else None


def stamp_seconds(found: re.Match[bytes], zone_s: float = 0.0, first: int = 1) -> float | None:
    """The moment a match of `STAMP` names; its groups begin at `first`.

    `zone_s` is the offset from UTC that holds where the log names none.
    """
    written = found[0][: found.end(first + 5) - found.start()]
    minute = _minutes.get(written[:-2])
    if minute is None:
        minute = _minute(written[:-2], found.groups()[first - 1 : first + 4])
        if minute is None:
            return None
    at = minute + int(written[-2:])
    fraction, zone = found.group(first + 6, first + 7)
    if fraction:
        at += int(fraction) / 10 ** len(fraction)
    return at - (zone_s if zone is None else _offset_s(zone))


def _fraction(digits: bytes) -> float:
    if len(_fractions) > MOST_KNOWN:
        _fractions.clear()
    part: float = int(digits) / 10 ** len(digits)
    _fractions[digits] = part
    return part


def _minute(written: bytes, parts: tuple[bytes, ...]) -> float | None:
    year, month, day, hour, minute = parts
    midnight = _midnight(b"-".join((year, month, day)))
    if midnight is None:
        return None
    if len(_minutes) > MOST_KNOWN:
        _minutes.clear()
    at = _minutes[written] = midnight + int(hour) * 3600 + int(minute) * 60
    return at


def parse_stamp(text: bytes | str, zone_s: float = 0.0) -> float | None:
    """The moment at the beginning of `text`, or None; numbers are seconds, milli-, micro- or nanoseconds."""
    raw = text.encode("ascii", "replace") if isinstance(text, str) else text
    found = _STAMP.match(raw)
    if found:
        return stamp_seconds(found, zone_s)
    return _epoch(raw)


def syslog_seconds(found: re.Match[bytes], reference: float | None, zone_s: float = 0.0) -> float | None:
    """The moment of `Nov 22 08:33:56`: in the year that puts it at or before a day after `reference`."""
    if reference is None:
        return None
    month, day, hour, minute, second = found.group(1), *(int(found.group(n)) for n in (2, 3, 4, 5))
    latest = datetime.fromtimestamp(reference, UTC) + timedelta(days=1)
    for year in (latest.year, latest.year - 1, latest.year - 2, latest.year - 3, latest.year - 4):
        midnight = _midnight(b"%04d-%02d-%02d" % (year, _MONTHS.get(month, 0), day))
        at = None if midnight is None else midnight + hour * 3600 + minute * 60 + second - zone_s
        if at is not None and at <= latest.timestamp():
            return at + (int(found.group(6)) / 10 ** len(found.group(6)) if found.group(6) else 0.0)
    return None


def iso(at: float | None) -> str | None:
    """`2026-11-22T08:31:57.047Z`, or None where there is no time."""
    if at is None:
        return None
    try:
        moment = datetime.fromtimestamp(round(at, 3), UTC)
    except (ValueError, OverflowError):
        return None  # A year that no calendar has.
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _midnight(day: bytes) -> float | None:
    if day not in _days:
        if len(_days) > MOST_KNOWN:
            _days.clear()
        try:
            _days[day] = datetime.fromisoformat(f"{day.decode()}T00:00Z").timestamp()
        except ValueError:
            return None
    return _days[day]


def _offset_s(zone: bytes) -> float:
    if zone[:1] in b"+-" and len(zone) > 1:
        digits = zone[1:].replace(b":", b"")
        seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
        return -seconds if zone[:1] == b"-" else seconds
    return _ZONE_HOURS.get(zone, 0) * 3600


def _epoch(raw: bytes) -> float | None:
    try:
        number = float(raw)
    except ValueError:
        return None
    for scale in (1.0, 1e3, 1e6, 1e9):
        if 1e8 <= number / scale < 1e10:
            return number / scale
    return None
