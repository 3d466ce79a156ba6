"""Takes lines out of a terminal's box, those too long for it joined again; a traceback's own box is none of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads

LONGEST_RECORD = 32 << 10
_BOXED = regex("^[ \t]{0,8}([\u2502\u2503\u2551])(.*)\\1[ \t]*$")
_EDGES = tuple(edge.encode() for edge in "\u2502\u2503\u2551")
_CORNERS = tuple(corner.encode() for corner in "\u256d\u250c")


def is_boxed(lines: Sequence[bytes]) -> bool:
    """Whether nearly all lines stand in a terminal's box, rather than in those of tracebacks."""
    told = [line.strip() for line in lines[:500] if line.strip()]
    if any(line[:3] in _CORNERS and b"Traceb" in line for line in told):
        return False
    edged = [line for line in told if line[:3] in _EDGES and line[-3:] == line[:3]]
    return len(edged) >= 3 and 10 * len(edged) >= 9 * len(told)


def _is_half(line: str) -> bool:
    """Whether the line is the beginning of a JSON record."""
    return line.startswith('{"') and len(line) < LONGEST_RECORD and loads(line) is None


def unboxed(lines: Iterable[bytes], is_head: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The lines; one that fills the box goes on in the next, unless a record begins there."""
    open_line, room = "", -1
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        found = _BOXED.match(line)
        text = found[2].removeprefix(" ").removesuffix(" ") if found else line
        fills = 0 <= room < 2 and not (room and text[:1] == " ") and not is_head(text.encode("utf-8", "replace"))
        if fills or _is_half(open_line):
            open_line += text
        else:
            if room >= 0:
                yield open_line.rstrip().encode("utf-8", "replace") + b"\n"
            open_line = text
        room = len(text) - len(text.rstrip()) if found and text else 2
    if room >= 0:
        yield open_line.rstrip().encode("utf-8", "replace") + b"\n"
