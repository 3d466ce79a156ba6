"""Times in the notations of carriers (consoles, exports, platforms), as seconds since the epoch; never guesses a day."""

from __future__ import annotations

import functools
import re

from forge_doctor.regex import regex
from forge_doctor.streams.times.calendar import is_halved, seconds_of
from forge_doctor.streams.times.clock import STAMP, parse_stamp, stamp_seconds

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
_NUMBERED = regex(rb"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})")
_HALVED = regex(rb"\d ?[AaPp]\.?[Mm]\b")
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
    return seconds_of(text, _order_of(text), zone_s, reference)


def _order_of(text: bytes) -> str:
    """The order of a day's numbers, where they or the time of day tell it; empty where they do not, and where it has no such day."""
    date = _NUMBERED.match(text)
    if date is None:
        return ""
    first, second = int(date[1]), int(date[3])
    if date[2] != b"." and (second > 12 or is_halved(text) or _HALVED.search(text)):
        return "mdy"
    return "dmy" if date[2] == b"." or first > 12 or first == second else ""


def _at(year: int, month: int, day: int, clock: bytes, text: bytes, zone_s: float) -> float | None:
    offset = _OFFSET.search(text)
    return parse_stamp(b"%04d-%02d-%02dT%b%b" % (year, month, day, clock, offset[1] if offset else b""), zone_s)
