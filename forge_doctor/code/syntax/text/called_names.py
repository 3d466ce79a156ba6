"""Which names a file calls, and behind which `await`, told by its bytes alone; parses nothing."""

from __future__ import annotations

import string
from collections.abc import Iterator

from forge_doctor.regex import regex

# In bytes read backwards: to search for a parenthesis costs a fifth of a search for a name. Bytes beyond ASCII belong
# to names in UTF-8.
CALLED_BACKWARDS = regex(rb"\(\s*+([\w\x80-\xff]++)")
BLANKS = b" \t\n\f\r\\"
WORD_BYTES = string.ascii_letters.encode() + string.digits.encode() + bytes(range(128, 256)) + b"_"
NAMES_AND_BLANKS = WORD_BYTES + b"." + BLANKS
CLOSING = (b")", b"]", b"}", b"'", b'"', b"#")
BEHIND_AWAIT = regex(rb"\bawait\s+(?:\w+\s*\.\s*)*\Z")
LOOK_BACK = 100
ASCII_WORD = frozenset(string.ascii_letters.encode() + string.digits.encode() + b"_")
OF_SELF = b"self."
BEFORE_SELF = ASCII_WORD | frozenset(range(128, 256)) | frozenset(b".")
BEFORE_DOT = ASCII_WORD | frozenset(b")]")


def places_behind_dot(data: bytes, name: bytes, begin: int = 0, stop: int | None = None) -> Iterator[int]:
    """Where `.name` is read of something; a search for bytes costs a tenth of one for a pattern."""
    at = data.find(b"." + name, begin, stop)
    while at >= 0:
        end = at + 1 + len(name)
        if at and data[at - 1] in BEFORE_DOT and (end == len(data) or data[end] not in ASCII_WORD):
            yield at + 1
        at = data.find(b"." + name, end, stop)


def is_of_self(data: bytes, offset: int) -> bool:
    """Whether the name there is read of what is called `self`, which holds what no query has loaded in its function."""
    return data.endswith(OF_SELF, 0, offset) and (
        offset == len(OF_SELF) or data[offset - len(OF_SELF) - 1] not in BEFORE_SELF
    )


def names_before_parentheses(data: bytes) -> dict[bytes, list[int]]:
    """Every name that stands before an opening parenthesis, with where it begins."""
    found: dict[bytes, list[int]] = {}
    size = len(data)
    for match in CALLED_BACKWARDS.finditer(data[::-1]):
        found.setdefault(match.group(1)[::-1], []).append(size - match.end())
    return found


def is_behind_await(data: bytes, offset: int) -> bool | None:
    """Whether the name there stands right behind an `await`; None where something closes in front of it."""
    start = max(0, offset - LOOK_BACK)
    if BEHIND_AWAIT.search(data, start, offset) is not None:
        return True
    before = data[start:offset].rstrip(NAMES_AND_BLANKS)
    if before.endswith(b"("):
        return before.rstrip(b"(" + BLANKS).endswith(b"await")
    return None if before.endswith(CLOSING) or (start and not before) else False
