"""Days and times of day in any common notation, as a program's format may write them; which number is the month, a stream tells.

A day that two notations read differently is told only where the lines themselves, or the moment near which the log ends,
leave one of them: no day is guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import parse_stamp

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Of other languages those that mean one month whatever the language is; with an accent in each case they may be written in.
_ELSEWHERE = (
    "januar januari janvier janv enero ene gennaio gen janeiro jänner jän января янв",
    "februar februari février févr fév febrero febbraio fevereiro fev февраля фев",
    "märz mär mrz mars marzo março maart mrt marts марта мар",
    "avril avr abril abr aprile апреля апр",
    "mai mayo maggio mag maio mei maj мая май",
    "juni juin junio giugno giu junho июня июн",
    "juli juillet juil julio luglio lug julho июля июл",
    "août agosto ago augustus augusti августа авг",
    "septembre septiembre setiembre settembre set setembro сентября сент сен",
    "oktober okt octobre octubre ottobre ott outubro out октября окт",
    "novembre noviembre novembro ноября нояб ноя",
    "dezember dez décembre déc diciembre dic dicembre dezembro декабря дек",
)
_OTHERS = {
    written.encode(): number
    for number, names in enumerate(_ELSEWHERE, 1)
    for name in names.split()
    for written in (name, name.capitalize(), name.upper())
}
_NAMES = (
    rb"(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    rb"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_ANY_NAME = rb"(?:" + _NAMES + rb"|(?:" + b"|".join(sorted(_OTHERS, reverse=True)) + rb")(?![a-z\x80-\xff])\.?)"
_WEEKDAY = rb"(?:(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}\.?,? )?"
DAY = (
    rb"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)|\d{4}-?W\d\d-?[1-7]|\d{4}-[0-3]\d\d"
    rb"|(?:19|20)\d\d[01]\d[0-3]\d|\d\d[01]\d[0-3]\d(?=[ T]\d\d:)|\d\d \d\d (?:19|20)\d\d(?= \d\d:)|"
    + _WEEKDAY
    + rb"(?:\d{1,2}(?:[ /-]|\. ?)?"
    + _ANY_NAME
    + rb"(?:[ /,-]{1,2}(?:\d{4}(?!\d)|\d\d(?![\d:.])))?|"
    + _NAMES
    + rb" {1,2}\d{1,2}(?:,? \d{4}(?![\d:]))?|\d{4}[-/]"
    + _NAMES
    + rb"[-/]\d\d)"
    rb"|[01]\d[-/][0-3]\d(?=[ T-]\d\d:))"
)
CLOCK = rb"\d{1,2}:\d\d(?::\d\d(?:[.,:]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\b\.?)?"
# Behind a day it may have points in it, or nothing.
_CLOCK_BEHIND = rb"(?:" + CLOCK + rb"|\d\d\.\d\d\.\d\d(?:[.,]\d{1,9})?|\d{6}(?:[.,]\d{1,9})?)"
_ZONE = rb"(?: ?(?:Z|UTC|GMT|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|BST|MSK|JST|[+-]\d\d:?\d\d)(?![\w:]))?"
# Seconds since something began, which name no moment.
_SINCE = (
    rb"(?:T?\+\d{1,12}(?:[.,]\d{1,9})? ?(?:[mun]?s)?|\+\d{1,4}(?::\d\d){1,2}(?:\.\d{1,9})?|\d\dh\d\dm\d\ds"
    rb"|(?:(?<=\[)|(?<=\[ )|(?<=\[  )|(?<=\[   )|(?<=\[    ))\d{1,10}\.\d{3,9}(?=\]))"
)
# Fourteen digits, or a time of day before its day.
_JOINED = rb"(?:19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d[0-5]\d"
_TURNED = CLOCK + rb",? (?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}[-/]\d\d[-/]\d\d|\d{1,2}[ /-]" + _NAMES + rb"[ /-]\d{4})"
_EPOCH = rb"\d{10}(?:[.,]\d{1,9}|\d{3}|\d{6}|\d{9})?"
# One letter may stand right before: a level.
TIME = (
    rb"(?<![\d.:/-])(?<![A-Za-z_]{2})(?:"
    + _JOINED
    + rb"|"
    + _TURNED
    + rb"|"
    + _SINCE
    + rb"|(?:"
    + DAY
    + rb")(?:(?:T|_|, | @ | at |:|-|\.(?=\d{6}\D)| {1,2})"
    + _CLOCK_BEHIND
    + _ZONE
    + rb"(?: \d{4}(?![\d:/-]))?)?|"
    + CLOCK
    + _ZONE
    + rb"|"
    + _EPOCH
    + rb")(?![\w])"
)
_DAY, _CLOCK = regex(DAY), regex(_CLOCK_BEHIND)
_WHOLE = regex(
    rb"(?P<day>"
    + DAY
    + rb")?(?:T|_|, | @ | at |:|-|\.| {1,2})?(?P<clock>"
    + _CLOCK_BEHIND
    + rb")?(?P<zone>"
    + _ZONE
    + rb")"
    rb"(?P<year> \d{4})?$"
)
_EPOCH_ONLY, _SINCE_ONLY, _JOINED_ONLY = regex(_EPOCH), regex(_SINCE), regex(_JOINED)
_TURNED_PARTS = regex(rb"(" + CLOCK + rb"),? (\d{1,4}[^\n]*)")
_NUMBERS = regex(rb"(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d\d)$")
_NAMED = regex(rb"[A-Za-z\x80-\xff]+")
_PARTS = regex(rb"(\d{1,2})[:.]?(\d\d)(?:[:.]?(\d\d)(?:[.,:](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm])?")
ORDERS = ("ymd", "dmy", "mdy")
"""What a day of three numbers may be."""
FAR = timedelta(days=300)
_AHEAD = timedelta(days=2)


def order_of(days: Sequence[bytes], halved: bool, reference: float | None) -> str:
    """The order of the numbers in days that are written as three of them; empty where two orders are as likely.

    `halved` says that the hours are of twelve, as they are where the month comes first; `reference` is a moment near the log's end.
    """
    found = [one.groups() for day in days if (one := _NUMBERS.match(day))]
    signs = {groups[1] for groups in found}
    read = {order: dates for order in ORDERS if (dates := _all_days(found, order)) is not None}
    if b"/" in signs and halved and "mdy" in read:
        return "mdy"
    if b"." in signs:
        read.pop("mdy", None)
    rising = {order: dates for order, dates in read.items() if all(a <= b for a, b in itertools.pairwise(dates))}
    read = rising or read
    if len({tuple(dates) for dates in read.values()}) == 1:
        return next(iter(read))
    if reference is None:
        return ""
    near = datetime.fromtimestamp(reference, UTC).date()
    apart = sorted((abs(near - dates[-1]), order) for order, dates in read.items() if dates[-1] <= near + _AHEAD)
    return apart[0][1] if len(apart) == 1 or (apart and apart[1][0] - apart[0][0] > FAR) else ""


def _all_days(found: Sequence[tuple[bytes, ...]], order: str) -> list[date] | None:
    days = [_numbered(groups, order) for groups in found]
    whole = [day for day in days if day is not None]
    return whole if whole and len(whole) == len(days) else None


def _numbered(groups: Sequence[bytes], order: str) -> date | None:
    first, _, second, third = groups
    if order == "ymd":
        year, month, day = first, second, third
    else:
        year, (day, month) = third, (first, second) if order == "dmy" else (second, first)
    if len(year) not in (2, 4) or len(day) > 2:
        return None
    return _date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_since(text: bytes) -> bool:
    """Whether a time is told from when something began."""
    return _SINCE_ONLY.fullmatch(text.lstrip(b"[ ")) is not None or text[:1] == b"+"


def day_in(text: bytes) -> bytes:
    """The day in a time; empty where it has none."""
    turned = _TURNED_PARTS.match(text)
    if turned is not None:
        return bytes(turned[2])
    found = _DAY.match(text)
    return found[0] if found else b""


def is_halved(text: bytes) -> bool:
    """Whether the hours of a time are of twelve."""
    return text[-2:].lower() in (b"am", b"pm") or text[-3:].lower() in (b".m.", b"m. ")


def seconds_of(text: bytes, order: str, zone_s: float, reference: float | None) -> float | None:
    """The moment that a time names, or a day and a time of day with a blank between them; None where it names none."""
    if _EPOCH_ONLY.fullmatch(text):
        return parse_stamp(text.replace(b",", b"."))
    if _JOINED_ONLY.fullmatch(text):
        text = text[:8] + b"T" + text[8:]
    elif (turned := _TURNED_PARTS.fullmatch(text)) is not None:
        text = turned[2] + b" " + turned[1]
    found = _WHOLE.match(text)
    if found is None or not found["day"] or not found["clock"]:
        return None
    clock, zone = _clock(found["clock"]), (found["zone"] or b"").strip()
    day = None if clock is None else _day(found["day"], found["year"], order, clock, zone, zone_s, reference)
    return None if day is None or clock is None else _at(day, clock, zone, zone_s)


def _at(day: date, clock: bytes, zone: bytes, zone_s: float) -> float | None:
    return parse_stamp(b"%bT%b%b" % (day.isoformat().encode(), clock, zone), zone_s)


def _clock(text: bytes) -> bytes | None:
    found = _PARTS.match(text)
    if found is None:
        return None
    hour, half = int(found[1]), (found[5] or b"").lower()
    hour = hour % 12 + 12 * (half == b"p") if half else hour
    if hour > 23 or int(found[2]) > 59:
        return None
    return b"%02d:%b:%b%b" % (hour, found[2], found[3] or b"00", b"." + found[4] if found[4] else b"")


def _day(
    text: bytes, late: bytes | None, order: str, clock: bytes, zone: bytes, zone_s: float, reference: float | None
) -> date | None:
    name = next((month for word in _NAMED.findall(text) if (month := _month(word))), 0)
    numbers = [int(number) for number in re.findall(rb"\d+", text)]
    if b"W" in text and not name:
        return _week(numbers)
    if name:
        longest = next((number for number in numbers if number > 99), None)
        day = next((number for number in numbers if number <= 31), 0)
        if longest is None and len(numbers) > 1:
            longest = 2000 + numbers[1]
        if late:
            longest = int(late)
        return _date(longest, name, day) if longest else _yearless(name, day, clock, zone, zone_s, reference)
    if len(numbers) == 1:
        digits = re.sub(rb"\D", b"", text)[-6:]
        century = numbers[0] // 1_000_000 if numbers[0] > 999_999 else 20
        return _date(century * 100 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    if len(numbers) == 2:
        if numbers[0] > 99:
            first = _date(numbers[0], 1, 1)
            return first + timedelta(days=numbers[1] - 1) if first and 1 <= numbers[1] <= 366 else None
        return _yearless(numbers[0], numbers[1], clock, zone, zone_s, reference)
    if numbers[0] > 99:
        return _date(*numbers[:3])
    found = _NUMBERS.match(text)
    return _numbered(found.groups(), order) if found and order else None


def _month(word: bytes) -> int:
    if word in _OTHERS:
        return _OTHERS[word]
    short = word[:3].lower().decode("ascii", "replace")
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _week(numbers: Sequence[int]) -> date | None:
    year, week, day = numbers if len(numbers) == 3 else (numbers[0], numbers[1] // 10, numbers[1] % 10)
    try:
        return date.fromisocalendar(year, week, day)
    except ValueError:
        return None


def _yearless(month: int, day: int, clock: bytes, zone: bytes, zone_s: float, reference: float | None) -> date | None:
    """The day in the year that puts it at or before a day after the reference."""
    if reference is None:
        return None
    latest = datetime.fromtimestamp(reference, UTC) + timedelta(days=1)
    for year in range(latest.year, latest.year - 5, -1):
        found = _date(year, month, day)
        at = None if found is None else _at(found, clock, zone, zone_s)
        if at is not None and at <= latest.timestamp():
            return found
    return None
