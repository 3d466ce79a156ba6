"""Takes off headings: a line with a time, and perhaps a name and a stream, above what was written, as consoles show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.told_line import told
from forge_doctor.streams.times.moments import DATED, may_stand_at, moment

_STREAMS = (b"stdout", b"stderr")
_HEADING = regex(rb"(" + DATED + rb")[ \t]{1,8}([^\s]{1,150}[ \t]{1,8}(?i:stdout|stderr))\s*$")
_TIME = regex(rb"(" + DATED + rb"(?: [A-Z]{2,4}T)?)\s*$")
LONGEST_TIME = 64
# What times end with, but for digits: zones, halves of a day, the sign of a second.
_ENDS = (b"Z", b"C", b"T", b"M", b"m", b".", "\u79d2".encode())


def has_headings(lines: Sequence[bytes]) -> bool:
    """Whether a good part of the lines are headings of the others."""
    told_lines = [line.rstrip() for line in lines[:500] if line.strip()]
    found = sum(_heading(line) is not None for line in told_lines)
    return len(told_lines) >= 4 and 3 * found >= len(told_lines)


def _heading(line: bytes) -> re.Match[bytes] | None:
    if line[-6:].lower() in _STREAMS:
        return _HEADING.match(line) if may_stand_at(line) else None
    ends = line[-1:].isdigit() or line.endswith(_ENDS) or line[:1] == b"@"
    return _TIME.match(line) if ends and len(line) <= LONGEST_TIME and may_stand_at(line) else None


def without_headings(lines: Iterable[bytes], zone_s: float, reference: float | None) -> Iterator[bytes]:
    """The other lines, each with the time and the stream of its heading."""
    at, stream = None, b""
    for line in lines:
        found = _heading(line.rstrip())
        if found is None:
            yield told(line, at, stream)
        else:
            at, stream = moment(found[1], zone_s, reference), found[2] if found.lastindex == 2 else b""
