"""Takes off headings: a line with a time, a name and a stream above what was written, as consoles show containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.moments import DATED, moment
from forge_doctor.streams.carriers.told_line import told

_STREAMS = (b"stdout", b"stderr")
_HEADING = regex(rb"(" + DATED + rb")[ \t]{1,8}([^\s]{1,150}[ \t]{1,8}(?i:stdout|stderr))\s*$")


def has_headings(lines: Sequence[bytes]) -> bool:
    """Whether a good part of the lines are headings of the others."""
    told_lines = [line.rstrip() for line in lines[:500] if line.strip()]
    named = [line for line in told_lines if line[-6:].lower() in _STREAMS]
    found = sum(_HEADING.match(line) is not None for line in named)
    return len(told_lines) >= 4 and 3 * found >= len(told_lines)


def without_headings(lines: Iterable[bytes], zone_s: float, reference: float | None) -> Iterator[bytes]:
    """The other lines, each with the time and the stream of its heading."""
    at, stream = None, b""
    for line in lines:
        found = _HEADING.match(line)
        if found is None:
            yield told(line, at, stream)
        else:
            at, stream = moment(found[1], zone_s, reference), found[2]
