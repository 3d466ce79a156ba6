"""How large a value may grow while a revision is followed: text, numbers and lists that double in a loop end here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from forge_doctor.regex import regex

MOST_TEXT = 1_000_000
MOST_PARTS = 20_000
MOST_OF_ONE = 500
MOST_BITS = 256
# `%1000000s`, `{:>1000000}`: a width that no statement has; `{:{}}`: one that is given.
_WIDE = regex(
    r"%(?:\([^()\n]{0,60}\))?[-+ #0]{0,8}(?:\d{0,4}\.)?\d{5,}+|:[^{}\n]{0,20}?\d{5,}+[^{}\n]{0,8}\}|:[^{}\n]{0,20}\{"
)


def is_small(value: object) -> bool:
    """Whether a value is no larger than one that is followed."""
    if isinstance(value, str):
        return len(value) <= MOST_TEXT
    if isinstance(value, int):
        return value.bit_length() <= MOST_BITS
    return parts_of(value) <= MOST_PARTS


def parts_of(value: object, most: int = MOST_PARTS) -> int:
    """How many values are in it, those within others counted each time; no more than one above `most`."""
    count = 0
    waiting = [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, tuple | list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
    return min(count + len(waiting), most + 1)


def may_hold(container: list[Any] | dict[Any, Any], one: object) -> bool:
    """Whether the list or dict may be given one more: no large one, and none that it is in itself."""
    waiting, left = [one], MOST_OF_ONE
    while waiting and left:
        part = waiting.pop()
        left -= 1
        if part is container:
            return False
        if isinstance(part, tuple | list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
    return not waiting and len(container) < MOST_PARTS


def is_wide(template: str) -> bool:
    """Whether a template asks for more blanks than are followed."""
    return _WIDE.search(template) is not None


def joined_fits(between: str, parts: Iterable[str]) -> bool:
    """Whether the parts with that between them are no larger."""
    return sum(len(one) + len(between) for one in parts) <= MOST_TEXT


def replaced_fits(text: str, old: str, new: str) -> bool:
    """Whether the text with one word for another is no larger."""
    return len(text) + (text.count(old) + 1) * len(new) <= MOST_TEXT


def some_of(bounds: tuple[int, ...], most: int) -> list[int]:
    """The first numbers of a range."""
    return [*islice(range(*bounds), most)]
