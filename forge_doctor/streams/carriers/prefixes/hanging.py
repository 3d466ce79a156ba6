"""Puts the prefix of a record's first line before its others, which hang below it: so journalctl shows messages of several lines.

Guesses nothing: only where a traceback stands so, below a prefix that is known, and as far in as that is wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.streams.carriers.line_format import Unwrapper
from forge_doctor.streams.carriers.prefixes.prefix_evidence import HEADER

LEAST_WIDTH, WIDEST = 12, 200


def is_hanging(lines: Sequence[bytes], zone_s: float) -> bool:
    """Whether tracebacks hang below the prefixes of their records."""
    if not any(HEADER in line and line[:1] == b" " for line in lines):
        return False
    return any(prefix and line[len(prefix) :].startswith(HEADER) for prefix, line in _hung(lines, zone_s))


def lines_of(lines: Iterable[bytes], zone_s: float) -> Iterator[bytes]:
    """Each line with a prefix."""
    return (prefix + line[len(prefix) :] for prefix, line in _hung(lines, zone_s))


def _hung(lines: Iterable[bytes], zone_s: float) -> Iterator[tuple[bytes, bytes]]:
    """The prefix that each line hangs below, and the line; an empty one for a line that hangs below none."""
    known, prefix = Unwrapper(zone_s=zone_s, most=1), b""
    for line in lines:
        if _hangs(line, prefix):
            yield prefix, line
        else:
            prefix = _prefix_of(line, known)
            yield b"", line


def _hangs(line: bytes, prefix: bytes) -> bool:
    return bool(prefix) and line[:1] == b" " and len(line) > len(prefix) and not line[: len(prefix)].strip(b" ")


def _prefix_of(line: bytes, known: Unwrapper) -> bytes:
    if line[:1] in (b" ", b"", b"\n"):
        return b""
    told = known.line(line).text
    prefix = line.rstrip(b"\r\n").removesuffix(told) if told else b""
    return prefix if LEAST_WIDTH <= len(prefix) <= WIDEST else b""
