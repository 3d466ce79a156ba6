"""Tracebacks up to their last frame as Python writes them, and nothing else: of these the bytes tell all there is to know."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from forge_doctor.logs.records.line_kind import HEADER
from forge_doctor.logs.records.tracebacks.traceback_text import parser_after
from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import Frame

BEGIN = HEADER + b":"
_PLACE, _CODE = b'  File "', b"    "
# Code has no margin, nor what a record begins with whose time is left out (logging's RichHandler), nor another file's name.
_PLAIN = regex(
    rb"Traceback \(most recent call last\):\n"
    rb'(?:  File "[!#-~][ !#-~]{0,500}+", line \d{1,9}+, in [ -~]{1,300}+\n'
    rb'(?:    (?! {0,100}[|+\n]| {5,26}(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) |[^\n]{0,1000}(?:\.py|File "))[ -~\t]{1,1000}+\n){0,40}+)++'
)
# What may be a traceback, its first line, a cell of a notebook or a name that was made a link.
_OTHERWISE = (b"Traceback", b"last):", b"\\n  File", b"](http", b"Cell In", b"Input In")

_MARGINS = (b"|", b"+")
# How a line ends that is the heading of a dump, or of one when time ran out.
_ENDS = (b"first):", b")!", b"+++")


def is_plain(text: bytes) -> bool:
    """Whether whole lines are a traceback's from its first to its last frame's, each as Python writes it."""
    if _PLAIN.fullmatch(text) is None:
        return False
    frames = text[len(BEGIN) :]
    return not any(other in frames for other in _OTHERWISE)


def plain_places(lines: Sequence[bytes]) -> tuple[Frame, ...] | None:
    """The frames in lines that are a traceback's up to its last frame's, most of which were met before in others; None
    where a line is none of those of which the parser takes nothing but a place and its code."""
    found = []
    at, end = 1, len(lines)
    while at < end:
        place = lines[at]
        code = lines[at + 1] if at + 1 < end and lines[at + 1].startswith(_CODE) else b""
        frame = _frame(place, code) if place.startswith(_PLACE) else None
        if frame is None:
            return None
        found.append(frame)
        at += 2 if code else 1
        while at < end and lines[at].startswith(_CODE):
            if not _is_left_out(lines[at]):
                return None
            at += 1
    return tuple(found)


def _is_left_out(line: bytes) -> bool:
    """Whether the parser has nothing to read in a line behind a frame's first line of code."""
    if b'File "' in line or HEADER in line or line.endswith(_ENDS):
        return False
    return not line.lstrip(b" ").startswith(_MARGINS)


@functools.lru_cache(maxsize=2048)
def _frame(place: bytes, code: bytes) -> Frame | None:
    """The frame of a place and its code; None where they are more than that, or less."""
    lines = [BEGIN, place, code] if code else [BEGIN, place]
    parser = parser_after(line.decode("utf-8", "replace") for line in lines)
    alone = len(parser.frames) == 1 and parser.exception is None and parser.traces == [[]]
    return parser.frames[0] if alone and parser.inside and not parser.branch and not parser.grouped else None
