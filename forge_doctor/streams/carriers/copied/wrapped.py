"""Joins lines that a terminal broke where its window ended, as they are when somebody copies them out of it.

The width is that of the longest lines, of which there are many and after which lines go on in mid-word. A line is begun
by what the lines after shorter ones begin with, or, where those begin in many ways, by what is known to begin one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads

NARROWEST, WIDEST = 40, 400
LEAST_FULL, FEW_BLANKS, MOST_BLANKS = 3, 12, 40
LONGEST = 64 << 10
MOST, SURE = 0.6, 0.9
# What Python begins a line of a traceback with.
_BEGINS = regex(
    r'(?: {0,8}Traceback \(most recent| {2,12}(?:\| )?File "| {4}\S| {4,40}[\^~]| {0,8}During handling of the above'
    r"| {0,8}The above exception was|Call stack:| {0,20}[|+][ -]|\s*$)"
)
_FRAME = regex(r' {0,12}File "(?=[^"])')
_RAISED = regex(r"[A-Za-z_][\w.]*(?:Error|Exception|Timeout|Warning|Interrupt|Exit)(?::|$)")
_DIGITS = regex(r"\d")
_EDGES = ("│", "╰", "╭", "┃")
_COLOURS = regex(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """`width` is the window's, `shape` what lines begin with, empty where that is told by `is_head` and Python's own.

    `only`: hardly any line begins in another way.
    """

    width: int
    shape: str
    only: bool
    is_head: Callable[[bytes], bool]

    def begins(self, line: str, before: str) -> bool:
        """Whether a line begins here, rather than goes on."""
        if self.shape:
            return _shape(line).startswith(self.shape) or _FRAME.match(line) is not None
        return self.is_known(line, before)

    def is_known(self, line: str, before: str) -> bool:
        """Whether it begins as Python, or a head that is known, begins a line."""
        if _BEGINS.match(line) or (before[:4] == "    " and _RAISED.match(line)):
            return True
        told = line.lstrip() if line[:5] != "     " else line
        return self.is_head(told.encode("utf-8", "replace"))

    def goes_on(self, pieces: Sequence[str], after: str) -> str | None:
        """What stands between a line's pieces and the next one; None where the line ends."""
        piece, line = pieces[-1], pieces[0]
        missing = self.width - columns(piece)
        if _is_half(pieces):
            plain = _FRAME.match(after) or after[:2] == '{"' or self.is_head(after.encode("utf-8", "replace"))
            ends = missing < 0 or plain
        else:
            sure = _shape(line).startswith(self.shape) and (self.only or (self.shape and '{"' in line))
            ends = not 0 <= missing <= (MOST_BLANKS if sure else 1) or self.begins(after, line)
        if ends:
            return None
        # Blanks at the end of a window's line are not copied; half a wide character's place stays empty.
        return "" if missing == 1 and columns(after[:1]) > 1 else " " * missing


def wrap_of(raw: Sequence[bytes], is_head: Callable[[bytes], bool]) -> Wrap | None:
    """How these lines were broken; None where they were not."""
    lines = [_text(line) for line in raw]
    widths = [columns(line) for line in lines]
    width = max(widths, default=0)
    if not NARROWEST <= width <= WIDEST:
        return None
    seen = Counter(widths)
    if seen[width] < LEAST_FULL:
        return None
    pairs = list(zip(lines, lines[1:], widths, strict=False))
    begun = [after for _, after, size in pairs if size < width - FEW_BLANKS and after.strip()]
    shape, share = _common(begun)
    wrap = Wrap(width=width, shape=shape, only=share > SURE, is_head=is_head)
    known = sum(wrap.begins(line, "    ") for line in begun)
    if 2 * known < len(begun) or not begun:
        return None
    # A line that is written again and again may be the longest without being cut.
    full = dict.fromkeys((line, after) for line, after, size in pairs if size == width)
    # What begins many a line behind one that is not full begins lines: another program's name, another date.
    usual = {one for one, count in Counter(map(_shape, begun)).items() if count >= LEAST_FULL and one.strip()}
    cut = [
        (line, after)
        for line, after in full
        if _shape(after) not in usual
        and not wrap.begins(after, line)
        and not wrap.is_known(after, line)
        and not (line[:1] == "{" and line[-1:] == "}")
        # A box has its own edge before the rest of a line that it broke.
        and not after.startswith(_EDGES)
    ]
    inside = sum(not line[-1:].isspace() and not after[:1].isspace() for line, after in cut)
    is_broken = len({line for line, _ in cut}) >= LEAST_FULL and 2 * len(cut) >= len(full) and 4 * inside > len(cut)
    return wrap if is_broken else None


def unwrapped(raw: Iterable[bytes], wrap: Wrap) -> Iterator[bytes]:
    """The lines as they were written."""
    pieces: list[str] = []
    size = 0
    for one in raw:
        piece = _text(one)
        between = wrap.goes_on(pieces, piece) if pieces and size < LONGEST else None
        if between is None and pieces:
            yield "".join(pieces).encode("utf-8", "replace") + b"\n"
            pieces, size = [], 0
        pieces += [between, piece] if between else [piece]
        size += len(piece)
    if pieces:
        yield "".join(pieces).encode("utf-8", "replace") + b"\n"


def columns(text: str) -> int:
    """How many columns a terminal shows a text in."""
    if text.isascii():
        return len(_COLOURS.sub("", text)) if "\x1b" in text else len(text)
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def _common(begun: Sequence[str]) -> tuple[str, float]:
    """The longest shape with which most of these begin, and how many do; none where frames begin as Python writes them."""
    if sum(_FRAME.match(line) is not None for line in begun) > 1:
        return "", 0.0
    for length in range(8, 1, -1):
        shapes = Counter(_shape(line[:length]) for line in begun)
        shape, count = shapes.most_common(1)[0] if shapes else ("", 0)
        if count > MOST * len(begun) and len(shape) == length and not shape.isspace():
            return shape, count / len(begun)
    return "", 0.0


def _is_half(pieces: Sequence[str]) -> bool:
    """Whether a JSON record was begun and not ended."""
    return pieces[0][:2] == '{"' and not (pieces[-1].rstrip()[-1:] == "}" and loads("".join(pieces)) is not None)


def _shape(line: str) -> str:
    return _DIGITS.sub("0", line[:8])


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r\n")
