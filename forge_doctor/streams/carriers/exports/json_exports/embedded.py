"""Takes a program's output out of the JSON with which a line of a tool ends, as Ansible shows what a task gave: `ok: [web] => {...}`.

An object may go on over the next lines. Of a value that is given twice, whole and by line, the whole is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import text_of
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads

MOST_LINES, MOST_CHARACTERS, DEEPEST = 200_000, 32 << 20, 3
_BEGINS = regex(rb"[a-z]{2,12}: \[[^\]\n]{1,200}\][^\n]{0,400}? => (?=\{)")
_ENDS = regex(rb"\}\s*$")
_BY_LINE = "_lines"


def is_embedded(lines: Sequence[bytes]) -> bool:
    """Whether one of the lines ends with such an object, or begins one, that has output of several lines."""
    return any(b" => {" in line and _BEGINS.match(line) is not None for line in lines)


def lines_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, in place of each object the lines of its output; what is no JSON as it is."""
    held: list[bytes] = []
    begin = size = 0
    for line in lines:
        found = _BEGINS.match(line) if not held and b" => {" in line else None
        if found is not None:
            begin, size = found.end(), 0
        elif not held:
            yield line
            continue
        held.append(line)
        size += len(line)
        is_whole = line.startswith(b"}") or (len(held) == 1 and _ENDS.search(line) is not None)
        if is_whole or len(held) > MOST_LINES or size > MOST_CHARACTERS:
            yield from _told(held, begin)
            held = []
    yield from held


def _told(held: Sequence[bytes], begin: int) -> Iterator[bytes]:
    entry = loads(b"".join(held)[begin:].strip())
    if entry is None:
        yield from held
        return
    yield held[0][:begin].rstrip() + b"\n"
    seen: set[str] = set()
    for text in _outputs(entry, DEEPEST):
        if text not in seen:
            seen.add(text)
            yield from (f"{line}\n".encode("utf-8", "replace") for line in text.split("\n"))


def _outputs(entry: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, value in entry.items():
        if key.endswith(_BY_LINE) and entry.get(key.removesuffix(_BY_LINE)):
            continue
        text = text_of(value)
        if text is not None and text.strip():
            yield text.strip("\n")
        elif depth and isinstance(value, Mapping):
            yield from _outputs(value, depth - 1)
        elif depth and isinstance(value, list):
            for one in value:
                if isinstance(one, Mapping):
                    yield from _outputs(one, depth - 1)
