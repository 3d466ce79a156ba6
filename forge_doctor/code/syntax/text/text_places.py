"""Where a text stands in source as a whole name, or behind a whole `await`; told by bytes alone, parses nothing.

A pattern that begins with a condition is tried at every byte; looking for the text itself costs a hundredth of that.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

NAME_BYTES = frozenset((string.ascii_letters + string.digits + "_").encode())
BLANKS = b" \t\n\r\f\v"
LOOK_BACK = 400


def places_of(text: bytes, data: bytes) -> Iterator[int]:
    """Where a text stands that is no end of a longer name or chain of attributes."""
    at = data.find(text)
    while at >= 0:
        whole = not at or (data[at - 1] not in NAME_BYTES and data[at - 1] != ord("."))
        if whole:
            yield at
        at = data.find(text, at + len(text) if whole else at + 1)


def stands_behind_await(data: bytes, at: int) -> bool:
    """Whether nothing but blanks and opening parentheses stands between an `await` and a place."""
    start = max(0, at - LOOK_BACK)
    before = data[start:at].rstrip(BLANKS + b"(")
    if not before.endswith(b"await") or data[start + len(before)] not in BLANKS:
        return False
    return len(before) == len(b"await") or (before[-6] not in NAME_BYTES and before[-6] != ord("."))
