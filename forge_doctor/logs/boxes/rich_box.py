"""Turns rich's boxed tracebacks, wrapped at the terminal's width, back into plain ones."""

from __future__ import annotations

import re

from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import HIDDEN

JOINERS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
    "While handling the above exception, another exception occurred:",  # stackprinter
)
BOX = "│"
EDGES = tuple(edge.encode() for edge in (BOX, "╭", "╰", "❱"))
MOST_MORE = 50  # lines of an exception
# A narrow box cuts its title; less than a part of this word is no title.
_TOP = regex(r"\s{0,400}[╭┌]─* (?:Traceback\b[^│]*|Trac(?:e(?:b(?:ac?)?)?)?─)[╮┐]\s*$")
_BOTTOM = regex(r"\s{0,400}[╰└]─+[╯┘]\s*$")
# Round each exception of a group stands a box of its own, in which its traceback's is (since rich 14).
_LEAF = regex(r"\s{0,400}[╭┌]─* Sub-exc[^│]*[╮┐]\s*$")
_HIDDEN = regex(r"\.{3} \d+ frames hidden \.{3}$")
_CORNERS = {corner.encode(): edge for corner, edge in (("╭", _TOP), ("┌", _TOP), ("╰", _BOTTOM), ("└", _BOTTOM))}
_INNER = regex(r"\s*[╭╰┌└│]")
_PLACE = regex(r"(.+?):(\d+) in (\S+)$")
_TIGHT_PLACE = regex(r"(.+?):(\d+)in([\w<>.]+)$")
_CODE = regex(r"\s*+(?:(❱)\s*+)?(\d++)(?: (.*)|$)")


def unbox(lines: list[str]) -> list[str]:
    """The lines with every box as a plain traceback and every wrapped message on one line."""
    plain: list[str] = []
    at = leaves = 0
    while at < len(lines):
        if _TOP.match(lines[at]):
            end = next((n for n in range(at + 1, len(lines)) if _BOTTOM.match(lines[n])), len(lines))
            plain += ["Traceback (most recent call last):", *_frames([_content(line) for line in lines[at + 1 : end]])]
            at, told = _told(lines, end + 1, len(lines[at].strip()))
            plain += told
        elif _LEAF.match(lines[at]):
            end = next((n for n in range(at + 1, len(lines)) if _BOTTOM.match(lines[n])), len(lines))
            leaves += 1
            plain += _leaf([_content(line) for line in lines[at + 1 : end]], leaves)
            at = end + 1
        else:
            plain.append(lines[at])
            at += 1
    return plain


def _leaf(content: list[str], number: int) -> list[str]:
    """The tracebacks in the box of a group's exception, in the margin that Python draws."""
    inner = unbox(content)
    return [
        f"  +-+---------------- {number} ----------------",
        *(f"  {line}" if line.startswith(("  +-", "    |", "    +-")) else f"    | {line}" for line in inner),
        "    +------------------------------------",
    ]


def begins_box(text: bytes) -> bool:
    """Whether the line is the upper edge of a traceback's box."""
    return _is_edge(text, _TOP)


def begins_next_box(text: bytes) -> bool:
    """Whether a traceback's first line below a box is the next one's of a chain, or that of a group's exception, in a box itself."""
    return begins_box(text) or text.lstrip().startswith(BOX.encode())


def ends_box(text: bytes) -> bool:
    """Whether the line is the lower edge of a box; what follows is the exception, indented as the box is."""
    return _is_edge(text, _BOTTOM)


def _is_edge(text: bytes, edge: re.Pattern[str]) -> bool:
    # Of what is asked of each line of a traceback, this is told soonest.
    found = None if text.isascii() else _CORNERS.get(text.lstrip()[:3])
    return found is edge and edge.match(text.decode("utf-8", "replace")) is not None


def _content(line: str) -> str:
    return line.strip().removeprefix("│").removesuffix("│").removeprefix(" ").rstrip()


def _frames(content: list[str]) -> list[str]:
    """The frames of one box; locals and the code round the line are left out."""
    out: list[str] = []
    place: list[str] = []
    for line in content:
        if not line.strip() or _INNER.match(line):
            place = []
            continue
        code = _CODE.match(line) if not place else None
        if code:
            if code[1]:
                out.append("    " + (code[3] or "").lstrip("│ ").rstrip())
            continue
        if _HIDDEN.match(line.strip()):
            out.append(f'  File "{HIDDEN}", line 0, in {HIDDEN}')
            place = []
            continue
        place.append(line.strip())
        found = _PLACE.match("".join(place)) or _TIGHT_PLACE.match("".join(place).replace(" ", ""))
        if found:
            out.append(f'  File "{found[1]}", line {found[2]}, in {found[3]}')
            place = []
    return out


def _told(lines: list[str], at: int, width: int) -> tuple[int, list[str]]:
    """What stands after a box of that width: its exception and, where another box follows, the lines of its own that
    this one has besides (`DETAIL: ...`, `[SQL: ...]`) and the sentence that joins."""
    at, message = _message(lines, at, width)
    more, after = list[str](), at
    while after < len(lines) and len(more) < MOST_MORE and lines[after].strip() and not _TOP.match(lines[after]):
        after, one = _message(lines, after, width)
        more.append(one)
    after, joiner = _message(lines, after + 1, width)
    return (after, [message, *more, joiner]) if joiner.startswith(JOINERS) else (at, [message])


def _message(lines: list[str], at: int, width: int) -> tuple[int, str]:
    """The exception's line after a box of that width, joined until a blank line or something else begins."""
    parts: list[str] = []
    while at < len(lines):
        line = lines[at].strip()
        if not line or _TOP.match(lines[at]) or (parts and _ends(line, parts[-1], width)):
            break
        parts.append(line)
        at += 1
    return at, " ".join(parts)


def _ends(line: str, before: str, width: int) -> bool:
    """Whether a line is no more the same sentence: its first word would have had room in the line before."""
    return len(before) + 1 + len(line.split(" ", 1)[0]) <= width
