"""What a record says as lines of text, those that were escaped into one line opened; reads no meaning into them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from forge_doctor.logs.boxes.open_box import EDGE
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.tracebacks.lost_layout import of_one_line, unfolded
from forge_doctor.logs.records.tracebacks.traceback_text import Parser, parser_after
from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import Head
from forge_doctor.streams.heads.structured_head import unescape

_BOXES = ("╭".encode(), EDGE.encode())
# What stands for the end of a line between a traceback's head and its first frame: #012 (rsyslog), ^J, <LF>, a bar.
# Each of the lines may begin as a record does, with the same words before the traceback's first line.
_REPEATED = regex(rb'last\):(?P<end>#012|\^J|<LF>)(?P<before>[^"\'\n]{1,200}?)  File "')
_FOLDED = regex(rb'last\):(?P<end>[ \t]{0,4}(?!File ")[^"\'(){}\n \t][^"\'(){}\n]{0,11}?)  File "')


def lines_of(head: Head | None, raw_lines: Sequence[bytes]) -> list[str]:
    """The lines of a block, or what comes after them, those inside a line opened."""
    lines: list[str] = []
    if head is not None:
        lines = head.record.trace.splitlines() if head.record is not None else opened(head.message)
    for raw in raw_lines:
        lines += opened(raw)
    return lines


def opened(raw: bytes) -> list[str]:
    """The lines inside one line, where a traceback was escaped into it."""
    # `find` takes a third of what `in` does of bytes.
    if raw.find(b"\\n  File ") >= 0 or raw.find(b"last):\\n  |") >= 0:
        return unescape(raw).splitlines()
    headed = raw.find(b"last):") >= 0
    if headed and b'  File "' in raw and (folded := _FOLDED.search(raw)):
        return [line.decode("utf-8", "replace") for line in raw.split(folded["end"])]
    if headed and b'  File "' in raw and (folded := _REPEATED.search(raw)):
        lines = raw.split(folded["end"])
        return [line.removeprefix(folded["before"]).decode("utf-8", "replace") for line in lines]
    if headed and b"last): " in raw:
        return unfolded(raw).decode("utf-8", "replace").splitlines()
    if raw.find(b".py:") >= 0:
        return of_one_line(raw).decode("utf-8", "replace").split("\n")
    return [raw.decode("utf-8", "replace")]


def words_of(block: Block) -> str:
    """The record's message: its head's, and the lines before a traceback."""
    head = block.head
    words = [head.message.decode("utf-8", "replace")] if head is not None else []
    for raw in block.lines[:30]:
        if b"Traceback (most recent" in raw or raw.startswith((b'  File "', *_BOXES)):
            break
        words.append(raw.decode("utf-8", "replace"))
    return "\n".join(words).partition("\n[SQL:")[0].partition("Traceback (most recent")[0][:8000]


@functools.lru_cache(maxsize=2048)
def has_part_of_trace(message: bytes) -> bool:
    """Whether a traceback's parser makes anything of a record's message."""
    return vars(parser_after(opened(message))) != vars(Parser())
