"""Gives lines of klog, glog and absl their level as a word, as an E before a date is nothing that can be looked for.

`E0504 07:12:30.101000      41 shop.go:14] not kept`: of errors the level is told before the file, other lines stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.regex import regex

LEAST, SEEN = 3, 200
MOST_BELOW = 40
_LINE = regex(rb"([IWEFD](?:0[1-9]|1[0-2])[0-3]\d \d\d:\d\d:\d\d\.\d{6} +\d{1,9} )([\w./-]{1,80}:\d{1,6}\] )")
# The words of a structured record, which stand in quotes as its values do.
_QUOTED = regex(rb'"([^"\\\n]{1,300})"(?= \w|\s*$)')
_REASON = regex(rb' err(?:or)?="((?:[^"\\\n]|\\.){1,2000})"')
_LOUD = {b"E": b"ERROR", b"F": b"FATAL"}


def is_klog(lines: Sequence[bytes]) -> bool:
    """Whether the lines are klog's, of which a record has one; below it may stand a traceback."""
    shown = [line for line in lines[:SEEN] if line.strip()]
    found = sum(_LINE.match(line) is not None for line in shown)
    return found >= LEAST and MOST_BELOW * found > len(shown)


def lines_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, each error with its level before its file."""
    for line in lines:
        level = _LOUD.get(line[:1])
        found = _LINE.match(line) if level is not None else None
        if found is None or level is None:
            yield line
            continue
        said = line[found.end() :]
        if said.startswith(b'"'):
            said = _REASON.sub(_as_words, _QUOTED.sub(rb"\1", said, count=1), count=1)
        yield b"%b%b:%b%b" % (found[1], level, found[2], said)


def _as_words(reason: re.Match[bytes]) -> bytes:
    """What went wrong as a message has it, without the quotes of a value."""
    return b": " + reason[1].replace(b'\\"', b'"')
