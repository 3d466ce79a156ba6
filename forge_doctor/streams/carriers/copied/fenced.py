"""Takes off an issue's prose round its code blocks, where records stand in a block: a document, an export, JSON a line.

Prose round a plain log is left alone, as is a text with records of a program outside of its blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from forge_doctor.regex import regex

LATEST = 40
"""So many lines may stand before the first block."""
_FENCE = regex(rb"[ \t]{0,3}(?:`{3,10}|~{3,10})[ \t]{0,3}[\w+-]{0,20}[ \t\r]*$")
_FRAME = b'File "'
_RECORD = (b'{"', b'{ "')


def is_fenced(lines: Sequence[bytes], is_head: Callable[[bytes], bool], is_layer: Callable[[bytes], bool]) -> bool:
    """Whether the lines are prose, and in its first block stand records."""
    if not any(_FENCE.match(line) for line in lines[:LATEST]):
        return False
    begin = next(number for number, line in enumerate(lines) if _FENCE.match(line)) + 1
    end = next((number for number in range(begin, len(lines)) if _FENCE.match(lines[number])), len(lines))
    block = b"\n".join([*lines[begin:end], b""])
    return (is_layer(block) or block.startswith(_RECORD)) and not any(
        is_head(line) or _FRAME in line for line in _outside(lines)
    )


def blocks_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines inside of blocks; the last one may never end."""
    inside = False
    for line in lines:
        if _FENCE.match(line):
            inside = not inside
        elif inside:
            yield line


def _outside(lines: Iterable[bytes]) -> Iterator[bytes]:
    inside = False
    for line in lines:
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield line
