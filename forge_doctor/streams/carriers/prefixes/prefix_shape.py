"""The shape of what stands before a program's line: which parts are a time, a name, a number, and which stay the same."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.times.moments import CLOCK, DATED, iso_at, may_stand_at

LONGEST_PREFIX = 300
WORD = rb"[^\s\[\](){}<>|:\x1e]{1,150}"
_UNTIMED = (
    rb"(?P<group>\{[^{}\n]{0,250}\}|\[[^\[\]\n]{0,100}\]|<[^<>\n]{0,100}>)"
    rb"|(?P<blanks>[ \t]+)|(?P<number>\d{1,20}(?:\.\d{1,9})?(?=[\s\[\](){}<>|:]|$))|(?P<word>"
    + WORD
    + rb")|(?P<sign>.)"
)
_PART = regex(rb"(?P<time>" + DATED + rb")|(?P<clock>" + CLOCK + rb")|" + _UNTIMED, re.DOTALL)
_UNTIMED_PART = regex(_UNTIMED, re.DOTALL)
_DIGIT = regex(rb"\d")
# The notation in which told lines have their times: day, clock and zone are taken over as they stand.
ISO_TIME = rb"(?P<d>\d{4}-\d\d-\d\d)[T ](?P<c>\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?P<z>Z|[+-]\d\d:?\d\d|)(?![\w,])"
ISO_EXACT = regex(ISO_TIME)
_HAS_TIME = regex(DATED + rb"|" + CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of a prefix: `kind` is time, clock, group, blanks, number, word or sign."""

    kind: str
    text: bytes


def parts_of(core: bytes) -> tuple[Part, ...]:
    """The pieces of a prefix, without the blanks that end it."""
    parts: list[Part] = []
    at = 0
    while at < len(core):
        if (iso := iso_at(core, at)) is not None:
            parts.append(Part(kind="time", text=iso[0]))
            at = iso.end()
            continue
        found = (_PART if may_stand_at(core, at) else _UNTIMED_PART).match(core, at)
        if found is None:
            break
        kind = found.lastgroup or "sign"
        if kind == "group" and _DIGIT.search(found[0]) and _HAS_TIME.search(found[0]):
            kind, at = "sign", at + 1
            parts.append(Part(kind=kind, text=found[0][:1]))
            continue
        is_mark = found[0] == codecs.BOM_UTF8  # which RFC 5424 has before a message
        if kind == "word" and (is_mark or not any(chr(byte).isalnum() or byte > 127 for byte in found[0])):
            kind = "sign"
        parts.append(Part(kind=kind, text=found[0]))
        at = found.end()
    return tuple(parts)


def expression_of(parts: Sequence[Part], literal: frozenset[int] = frozenset()) -> bytes:
    """What matches every prefix of this shape: groups `t` for its time (`d`, `c` and `z` where it needs no reading), `n0`,
    `n1` for what may be a name.

    `literal` are the numbers of parts that stay as they are, up to the name of a process behind a `/`.
    """
    out, timed = [], False
    for number, part in enumerate(parts):
        if part.kind == "blanks" and number == 0:
            out.append(rb"[ \t]{0,80}")  # What is right-aligned has none where it is long.
        elif part.kind == "time" and not timed:
            out.append(ISO_TIME if ISO_EXACT.fullmatch(part.text) else rb"(?P<t>" + DATED + rb")")
            timed = True
        elif part.kind in ("word", "group"):
            inner = _kept(part) if number in literal else _general(part)
            out.append(b"(?P<n%d>%b)" % (number, inner))
        else:
            out.append(_plain(part))
    return b"".join(out)


def _kept(part: Part) -> bytes:
    before, slash, name = part.text.partition(b"/")
    if not slash:
        return re.escape(part.text)
    closed = name[-1:] if part.kind == "group" else b""
    return re.escape(before + slash) + WORD + re.escape(closed)


def _general(part: Part) -> bytes:
    if part.kind == "word":
        return WORD
    opened, closed = re.escape(part.text[:1]), re.escape(part.text[-1:])
    return opened + rb"[^" + opened + closed + rb"\n]{0,250}" + closed


def _plain(part: Part) -> bytes:
    if part.kind == "time":
        return DATED
    if part.kind == "clock":
        return CLOCK
    if part.kind == "number":
        return rb"\d{1,20}(?:\.\d{1,9})?"
    if part.kind == "blanks":
        return rb"\t" if part.text == b"\t" else rb"[ \t]{1,80}"
    return re.escape(part.text)


def is_told_apart(parts: Sequence[Part]) -> bool:
    """Whether no line of a program has this shape by chance: it has a time or a sign in it."""
    return any(part.kind in ("time", "clock", "group", "sign", "number") for part in parts)
