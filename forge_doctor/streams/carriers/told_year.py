"""The year of a prefix that has none, where what it carries tells it: the same day and the same second stand in one line."""

from __future__ import annotations

from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import SYSLOG_STAMP, parse_stamp, syslog_seconds

_BOTH = regex(rb"(?m)^(?:<\d{1,3}>)?" + SYSLOG_STAMP + rb"[^\n]{0,200}?(?<!\d)(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)")
MOST_APART_S = 60.0
ZONES_S = 900
DAY_S = 86_400.0


def told_year(sample: bytes, reference: float, zone_s: float) -> float | None:
    """The latest moment, not after the reference, that a yearless time and a whole one agree on but for the year; None without one."""
    moments = []
    for found in _BOTH.finditer(sample):
        at = parse_stamp(found[found.lastindex or 0], zone_s)
        if at is None or at > reference + DAY_S:
            continue
        other = syslog_seconds(found, at, zone_s)
        # Zones are so many seconds apart, or a multiple.
        if other is not None and abs(at - other) <= DAY_S and _apart(at - other) <= MOST_APART_S:
            moments.append(at)
    return max(moments, default=None)


def _apart(seconds: float) -> float:
    return min(seconds % ZONES_S, -seconds % ZONES_S)
