"""Functions that read on from what they are given, told by the bytes: converters, mappers, serializers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from forge_doctor.regex import regex

HEAD = regex(rb"def(?<!\wdef)[ \t]+(\w+)[ \t]*\(([^)]{0,800})")
# `in users`, `in user.orders`, `in sorted(user.orders)`, and `user.team.name`: the receiver's end is where the match begins.
WALKED = regex(rb" in[ \t]+(?:\w+\()?(?=[^\W\d])(?!self\b|range\b)(\w+)")
READ_ON = regex(rb"\.[a-z_]\w*\.[a-z_]")
CLASS_NAME = regex(rb"class[ ]+(\w+)")
LAST_WORD = regex(rb"(?<![\w.])[^\W\d]\w{0,40}\Z")
LONGEST_NAME = 42
OWN = (b"self", b"cls")
# Most of what awaits works with a session and converts nothing: of that only what is named like a converter is worth a look.
CONVERTING = regex(
    rb"(?:^|_)(?:to|from|as)_|serial|convert|map|build|render|present|format|respon|dto|schema|dict|json|view|payload|entity|domain"
)


def reads_on(data: bytes, _words: tuple[bytes, ...]) -> Iterator[str]:
    """The names of functions whose head, the nearest before a place, has the name there among its parameters."""
    heads = list(HEAD.finditer(data))
    starts = [one.start() for one in heads]
    told: set[int] = set()
    places = [(one.start(), one[1]) for one in WALKED.finditer(data)]
    for one in READ_ON.finditer(data):
        before = LAST_WORD.search(data, max(0, one.start() - LONGEST_NAME), one.start())
        if before is not None and before[0] not in OWN:
            places.append((one.start(), before[0]))
    for place, name in places:
        number = bisect_right(starts, place) - 1
        if number < 0 or number in told or not _may_convert(data, heads, number):
            continue
        if re.search(rb"\b" + name + rb"\b", heads[number][2]) is not None:
            told.add(number)
            yield _called_by(data, heads[number]).decode("utf-8", "replace")


def _may_convert(data: bytes, heads: list[re.Match[bytes]], number: int) -> bool:
    """Whether a function awaits nothing before the next one begins, or is named like a converter."""
    head = heads[number]
    if not data.endswith(b"async ", 0, head.start()) or CONVERTING.search(head[1]) is not None:
        return True
    end = heads[number + 1].start() if number + 1 < len(heads) else len(data)
    return data.find(b"await", head.start(), end) < 0


def _called_by(data: bytes, head: re.Match[bytes]) -> bytes:
    """The name that a function is called by: `__init__` by that of its class, the nearest one before it."""
    if head[1] != b"__init__":
        return head[1]
    around = CLASS_NAME.match(data, data.rfind(b"class ", 0, head.start()))
    return head[1] if around is None else around[1]
