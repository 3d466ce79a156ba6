"""Times in the notations of carriers (consoles, exports, platforms), as seconds since the epoch; never guesses a day."""

from __future__ import annotations

import functools
import re

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.clock import STAMP, parse_stamp, stamp_seconds, syslog_seconds

_NAMES = rb"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS = {name: number for number, name in enumerate(_NAMES.split(b"|"), 1)}
_CLOCK = rb"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp]\.?[Mm]\.?(?!\w))?"
_ZONE = rb"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?!\w|:\w))?"
_DAY = rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w{0,6},? )?"
# Each with how it is taken apart; the groups are named, so that the order of a date does not matter.
ISO = rb"\d{4}[-/]\d\d[-/]\d\d(?:[T _]|, )\d\d:\d\d:\d\d(?:[.,]\d{1,9})?" + _ZONE
COMPACT = rb"(?<!\w)\d{8}[T ]\d\d(?::\d\d:\d\d|\d{4})(?:[.,]\d{1,9})?" + _ZONE
# In Japanese and Chinese, year, month and day have their names behind them, and the parts of the clock may have.
_YEAR_SIGN, _MONTH_SIGN, _DAY_SIGN = ("\u5e74".encode(), "\u6708".encode(), "\u65e5".encode())
_HOUR_SIGN, _MINUTE_SIGN, _SECOND_SIGN = ("\u6642|\u65f6".encode(), "\u5206".encode(), "\u79d2".encode())
SIGNED = (
    rb"\d{4}" + _YEAR_SIGN + rb" ?\d{1,2}" + _MONTH_SIGN + rb" ?\d{1,2}" + _DAY_SIGN + rb" ?\d{1,2}(?::|" + _HOUR_SIGN
    + rb")\d{1,2}(?::|" + _MINUTE_SIGN + rb")\d{1,2}(?:" + _SECOND_SIGN + rb"|[.,]\d{1,9})?" + _ZONE
)  # fmt: skip
NAMED = (
    _DAY
    + rb"(?:(?:"
    + _NAMES
    + rb")\w{0,6} {1,2}\d{1,2}(?:,? \d{4})?(?:,| @| at)? "
    + _CLOCK
    + rb"(?: \d{4}(?![\d/-]))?|\d{1,2}[ /-](?:"
    + _NAMES
    + rb")\w{0,6}[ /-]\d{4}[:, ] ?"
    + _CLOCK
    + rb"|\d{4}-(?:"
    + _NAMES
    + rb")-\d\d "
    + _CLOCK
    + rb")"
    + _ZONE
)
NUMBERED = rb"(?:\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4}|\d\d-\d\d-\d{4}),? " + _CLOCK + _ZONE
EPOCH = rb"(?<![\w.])\d{10}(?:[.,]\d{1,9}|\d{3}|\d{6}|\d{9})?(?![\w.])"
# multilog's labels: seconds of TAI, which was ten seconds ahead in 1970, and nanoseconds.
TAI = rb"@4[0-9a-f]{23}(?![\w])"
TAI_BEGAN = (1 << 62) + 10
DATED = (
    rb"(?:"
    + ISO
    + rb"|"
    + COMPACT
    + rb"|"
    + SIGNED
    + rb"|"
    + NAMED
    + rb"|"
    + NUMBERED
    + rb"|"
    + EPOCH
    + rb"|"
    + TAI
    + rb")"
)
CLOCK = _CLOCK
_ISO = regex(ISO)
# What those that begin with a digit have at least, the time of day among them.
_DIGITS_OF_A_TIME = regex(
    rb"\d{1,2}:\d\d:\d\d|\d{8}|\d{4}[-/]\d\d|\d{4}-[A-Z]|\d\d-\d\d-\d{4}|\d{4}"
    + _YEAR_SIGN
    + rb"|\d{1,2}/\d|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}[ /-][A-Z]"
)
_BEGIN_WITH_NAMES = frozenset((*_MONTHS, *b"Mon Tue Wed Thu Fri Sat Sun".split()))
_STAMP, _EPOCH = regex(STAMP), regex(EPOCH)
_NAMED = regex(
    rb"(?:(?P<month>"
    + _NAMES
    + rb")\w{0,6} {1,2}(?P<day>\d{1,2})(?:,? (?P<year>\d{4})(?!:))?|(?P<day2>\d{1,2})[ /-](?P<month2>"
    + _NAMES
    + rb")\w{0,6}[ /-](?P<year2>\d{4})|(?P<year3>\d{4})-(?P<month3>"
    + _NAMES
    + rb")-(?P<day3>\d\d))"
)
_NUMBERED = regex(rb"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})")
_TIME = regex(rb"(?<!\d)(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?([AaPp])\.?[Mm])?")
_LAST_YEAR = regex(rb":\d\d(?:[.,]\d{1,9})? (\d{4})(?![\d/-])")
_COMPACT = regex(rb"(\d{4})(\d\d)(\d\d)[T ](\d\d):?(\d\d):?(\d\d)([.,]\d{1,9})?")
_SIGNED = regex(rb"(\d{4})\D{3} ?(\d{1,2})\D{3} ?(\d{1,2})\D{3} ?(\d{1,2})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})()")
_OFFSET = regex(rb"(Z|UTC|GMT|[+-]\d\d:?\d\d)$")


def may_stand_at(text: bytes, at: int = 0) -> bool:
    """Whether what `DATED` or `CLOCK` matches may stand at a place: told without either, which take long to compile."""
    if text[at : at + 1].isdigit():
        return _DIGITS_OF_A_TIME.match(text, at) is not None
    return text[at : at + 2] == b"@4" or text[at : at + 3] in _BEGIN_WITH_NAMES


def iso_at(text: bytes, at: int = 0) -> re.Match[bytes] | None:
    """What `DATED` matches at a place where a time in the commonest notation stands; None where it is another, or none."""
    return _ISO.match(text, at)


@functools.lru_cache(maxsize=4096)
def moment(text: bytes, zone_s: float = 0.0, reference: float | None = None) -> float | None:
    """The moment that a text of one of these notations names; None where it names none, or no day."""
    if text[:2] == b"@4" and len(text) == 25:
        return int(text[1:17], 16) - TAI_BEGAN + int(text[17:], 16) / 1e9
    text = text.replace(b", ", b" ", 1) if text[10:12] == b", " else text
    found = _STAMP.match(text.replace(b"_", b"T", 1) if text[10:11] == b"_" else text)
    if found:
        return stamp_seconds(found, zone_s)
    if _EPOCH.fullmatch(text):
        return parse_stamp(text.replace(b",", b"."))
    if (parts := _COMPACT.match(text) or _SIGNED.match(text)) is not None:
        year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
        return _at(year, month, day, b"%02d:%02d:%02d%b" % (hour, minute, second, parts[7] or b""), text, zone_s)
    for read in (_named, _numbered):
        at = read(text, zone_s, reference)
        if at is not None:
            return at
    return None


def _named(text: bytes, zone_s: float, reference: float | None) -> float | None:
    date, clock = _NAMED.search(text), _clock(text)
    if date is None or clock is None:
        return None
    month = _MONTHS[date["month"] or date["month2"] or date["month3"]]
    late = _LAST_YEAR.search(text)
    year = date["year"] or date["year2"] or date["year3"] or (late[1] if late else None)
    day = int(date["day"] or date["day2"] or date["day3"])
    if year is not None:
        return _at(int(year), month, day, clock, text, zone_s)
    short = b"%b %d %b" % (date["month"], day, clock)
    found = re.match(rb"(\w{3}) (\d+) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?", short)
    return syslog_seconds(found, reference, zone_s) if found else None


def _numbered(text: bytes, zone_s: float, _reference: float | None) -> float | None:
    """Of days and months as numbers, only those that can be told apart."""
    date, clock = _NUMBERED.search(text), _clock(text)
    if date is None or clock is None:
        return None
    first, second, year = int(date[1]), int(date[3]), int(date[4])
    halved = _TIME.search(text)
    american = date[2] != b"." and (second > 12 or (halved is not None and halved[5] is not None))
    if not american and not (date[2] == b"." or first > 12 or first == second):
        return None
    month, day = (first, second) if american else (second, first)
    return _at(year, month, day, clock, text, zone_s)


def _clock(text: bytes) -> bytes | None:
    """The time of day with two digits for its hour, of twenty-four."""
    found = _TIME.search(text)
    if found is None:
        return None
    hour, half = int(found[1]), (found[5] or b"").lower()
    hour = hour % 12 + 12 * (half == b"p") if half else hour
    return b"%02d:%b:%b%b" % (hour, found[2], found[3], b"." + found[4][:6] if found[4] else b"")


def _at(year: int, month: int, day: int, clock: bytes, text: bytes, zone_s: float) -> float | None:
    offset = _OFFSET.search(text)
    return parse_stamp(b"%04d-%02d-%02dT%b%b" % (year, month, day, clock, offset[1] if offset else b""), zone_s)
