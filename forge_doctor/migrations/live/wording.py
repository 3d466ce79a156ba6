"""Numbers as people read them, for the checks of the live part."""

from __future__ import annotations

from collections.abc import Iterable


def size(count: int) -> str:
    """`812 kB`, `1.2 GB`."""
    value, unit = float(count), "bytes"
    for following in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1024, following
    return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """`under 1 s`, `12 s`, `4 min`, `3 h`."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"


def span(low_s: float, high_s: float) -> str:
    """`2 s to 20 s`, `under 1 s`."""
    low, high = duration(low_s), duration(high_s)
    return high if low == high else f"{low} to {high}"


def names(ids: Iterable[str], most: int = 4) -> str:
    """`a001, a002 and 3 more`."""
    told = list(ids)
    more = len(told) - most
    return ", ".join(told[:most]) + (f" and {more} more" if more > 0 else "")
