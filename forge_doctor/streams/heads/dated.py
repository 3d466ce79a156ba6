"""Times in other notations than ISO at the beginning of a program's record, or behind the level that it begins with."""

from __future__ import annotations

import re

from forge_doctor.regex import regex
from forge_doctor.streams.times.moments import DATED, EPOCH, may_stand_at, moment

_LEVELS = rb"TRACE|DEBUG|INFO|SUCCESS|NOTICE|WARNING|WARN|ERROR|EXCEPTION|CRITICAL|CRIT|FATAL"
# What a format may set a time or a level apart with.
SIGNS = b"[<({|\"'*#~=-"
_LEVEL_WORDS = tuple(_LEVELS.split(b"|"))
_DATED = regex(rb"\[?(" + DATED + rb")\]?[ |,:-]*")
_EPOCH = regex(EPOCH)
# A number is a time only where a level follows it.
_LEVEL_NEXT = regex(rb"[\[( ]{0,3}(?:" + _LEVELS + rb")\b")
# Between the two stands what the program's format has there: `: `, `::`, `] [`, ` | `, `;`.
_LEVELED = regex(rb"[%b]{0,3}(" % re.escape(SIGNS) + _LEVELS + rb")[^\w\n]{1,8}?(" + DATED + rb")\]?[ |,:;-]*")
_NAMES = frozenset(b"Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())


def dated(text: bytes, zone_s: float) -> tuple[float, bytes] | None:
    """The time that a record begins with, and what follows it with the level that stood before; None where there is none."""
    if not (text[:1].isdigit() or text[:1] == b"[" or text[:3] in _NAMES):
        return _leveled(text, zone_s)
    found = _DATED.match(text) if may_stand_at(text, text[:1] == b"[") else None
    if found is None:
        return _leveled(text, zone_s) if text[:1] == b"[" else None
    rest = text[found.end() :]
    if _EPOCH.fullmatch(found[1]) and not _LEVEL_NEXT.match(rest):
        return None
    at = moment(found[1], zone_s)
    return None if at is None else (at, rest)


def _leveled(text: bytes, zone_s: float) -> tuple[float, bytes] | None:
    found = _LEVELED.match(text) if text[:20].lstrip(SIGNS).startswith(_LEVEL_WORDS) else None
    at = moment(found[2], zone_s) if found else None
    return None if found is None or at is None else (at, found[1] + b" " + text[found.end() :])
