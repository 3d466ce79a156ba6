"""Turns rich's boxed tracebacks, wrapped at the terminal's width, back into plain ones."""

from __future__ import annotations

import re

BOX = "│"
_TOP = re.compile(r"\s*[╭┌].*Traceback \(most recent call last\)")
_BOTTOM = re.compile(r"\s*[╰└][─]+[╯┘]\s*$")
_INNER = re.compile(r"\s*[╭╰┌└│]")
_PLACE = re.compile(r"(.+?):(\d+) in (\S+)$")
_TIGHT_PLACE = re.compile(r"(.+?):(\d+)in([\w<>.]+)$")
_CODE = re.compile(r"\s*(❱)?\s*(\d+) (.*)$")


def unbox(lines: list[str]) -> list[str]:
    """The lines with every box as a plain traceback and every wrapped message on one line."""
    plain: list[str] = []
    at = 0
    while at < len(lines):
        if _TOP.match(lines[at]):
            end = next((n for n in range(at + 1, len(lines)) if _BOTTOM.match(lines[n])), len(lines))
            plain += ["Traceback (most recent call last):", *_frames([_content(line) for line in lines[at + 1 : end]])]
            at, message = _message(lines, end + 1, len(lines[at].strip()))
            plain.append(message)
        else:
            plain.append(lines[at])
            at += 1
    return plain


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
                out.append("    " + code[3].replace("│", "", 1).strip())
            continue
        place.append(line.strip())
        found = _PLACE.match("".join(place)) or _TIGHT_PLACE.match("".join(place).replace(" ", ""))
        if found:
            out.append(f'  File "{found[1]}", line {found[2]}, in {found[3]}')
            place = []
    return out


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
    room = len(before) + 1 + len(line.split(" ", 1)[0]) <= width
    return room or line.startswith(("The above exception", "During handling"))
