"""The shape that the heads of a stream's records have: in which order time and level stand, and between which signs.

What stands between them is anybody's: names, numbers, threads. Only the signs next to a time and a level are kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.heads.learned import levels
from forge_doctor.streams.times import calendar

LONGEST_HEAD, MOST_LEVELS = 200, 5
LEAST, ALL_FORMS = 3, 4
SHARE_TIMED, SHARE = 0.15, 0.6
BLANKS = rb"[ \t]{0,40}"
# What stands behind a head and begins its message, not the head's own.
OPENING = b" ([{<\"'"
# A shape with a time in it is so many times likelier than one without.
SURER = 3
# A name may be longer in another line than in those that were seen.
ROOM = 40
_TIME = regex(calendar.TIME)
# What looks like a level and is a field of a relay's.
_FIELD = regex(rb"""(?:^|[\s{,])["']?(?:type|status|stream)["']? ?[=:] ?["']?$""")
_BLANKS = regex(rb"[ \t]+")
_WORDY = regex(rb"\w")
_AROUND = regex(rb"([^\w\n]*)(.*?)([^\w\n]*)$", re.DOTALL)
_BEHIND = regex(rb"[^\w\n]{0,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line: `kind` is `time` (of a day, or since 1970), `day`, `clock`, or a kind of level."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`pattern` matches a head with the groups `time`, `day`, `clock` and `level`, `kind` is that of its level, if it has one."""

    pattern: re.Pattern[bytes]
    kind: str
    timed: bool
    lines: int


Pieces = tuple[Piece, ...]
_Key = tuple[tuple[str, ...], bytes, bytes]


def shape_of(lines: Sequence[bytes]) -> Shape | None:
    """The shape that enough of these lines begin with, and has a level; else one that begins with a time; None without any."""
    # A log of a record or two has to name its times and levels in full.
    least = LEAST if len(lines) >= LEAST else 1
    found = _most_usual([(line, _leveled(line)) for line in lines], least) or _most_usual(
        [(line, _timed(line)) for line in lines], LEAST
    )
    if found is None:
        return None
    kinds, begun = found
    if least < LEAST and not ({"time", "day"} & {*kinds} and "word" in kinds):
        return None
    kind = next((one for one in kinds if one in levels.KINDS), "")
    timed = "time" in kinds or "clock" in kinds
    # Of those that begin with a time, most have the level where it was found; below them may stand other lines.
    alike = [line for line in lines if _times(line[:LONGEST_HEAD])] if timed else lines
    if len(begun) < max(least, SHARE * len(alike), SHARE_TIMED * len(lines)):
        return None
    return Shape(pattern=_pattern(begun), kind=kind, timed=timed, lines=len(begun))


def _most_usual(
    lines: Iterable[tuple[bytes, Sequence[Pieces]]], least: int
) -> tuple[tuple[str, ...], list[tuple[bytes, Pieces]]] | None:
    seen: dict[_Key, list[tuple[bytes, Pieces]]] = defaultdict(list)
    several = 0
    for line, ways in lines:
        several += 1
        for key, pieces in {_key(line, pieces): pieces for pieces in reversed(ways)}.items():
            seen[key].append((line, pieces))
    usual = [(key, begun) for key, begun in seen.items() if len(begun) >= least and _is_level(begun, several)]
    if not usual:
        return None
    key, begun = max(usual, key=lambda one: _rank(one[0], one[1]))
    return key[0], begun


def _rank(key: _Key, begun: Sequence[tuple[bytes, Pieces]]) -> tuple[int, bool, bool, float]:
    """How likely it is that a level stands so: most lines have it, it is not the same in all, nothing is joined to it."""
    level = [_level(line, pieces) for line, pieces in begun]
    at = sum(pieces[-1].begin for _, pieces in begun) / len(begun)
    has_time = any(kind in ("time", "clock") for kind in key[0])
    return len(begun) * (SURER if has_time else 1), len(set(level)) > 1, key[1] != b".", -at


def _is_level(begun: Sequence[tuple[bytes, Pieces]], several: int) -> bool:
    """Whether what looks like levels is: not a word of sentences, not a letter or a number that is one in all lines."""
    kinds = {piece.kind for _, pieces in begun for piece in pieces}
    if not kinds & levels.KINDS.keys():
        return True
    named = {_level(line, pieces) for line, pieces in begun}
    varies = len(named) > 1 and min(named) < 40
    if kinds & {"letter", "number", "picture"}:
        return varies and len(begun) > SHARE * several
    return varies or all(_is_set_apart(line, pieces) for line, pieces in begun)


def _is_set_apart(line: bytes, pieces: Pieces) -> bool:
    """Whether a level is no word of a sentence: in capitals, or no word stands before it."""
    one = next(piece for piece in pieces if piece.kind in levels.KINDS)
    return line[one.begin : one.end].isupper() or not line[: one.begin].rstrip(b" ")[-1:].isalnum()


def _level(line: bytes, pieces: Pieces) -> int:
    one = next((piece for piece in pieces if piece.kind in levels.KINDS), None)
    return 0 if one is None else levels.level_named(line[one.begin : one.end], one.kind)


def _leveled(line: bytes) -> Sequence[Pieces]:
    """The ways in which the line may be a head with a level, each with the times before and right behind it."""
    head = line[:LONGEST_HEAD]
    times = _times(head)
    inside = [(one.begin, one.end) for one in times]
    several: list[Pieces] = []
    for found in levels.ANY.finditer(head):
        begin, end = found.span()
        if any(first <= begin < last for first, last in inside) or _is_field(head, begin):
            continue
        level = Piece(kind=str(found.lastgroup), begin=begin, end=end)
        if times and _belongs(head, times[0], level):
            several.append(tuple(sorted((*times, level), key=lambda one: one.begin)))
        # Before a level that has no time stands no name: words of an exception end so.
        if level.kind == "word" and not _WORDY.search(head[:begin]):
            several.append((level,))
        if len(several) > MOST_LEVELS:
            break
    return several


def _belongs(head: bytes, time: Piece, level: Piece) -> bool:
    """Whether a time is that of a head with this level: behind it a number may be one of the message's."""
    told = calendar.day_in(head[time.begin : time.end])
    return time.begin < level.begin or bool(told) or not _WORDY.search(head[level.end : time.begin])


def _timed(line: bytes) -> Sequence[Pieces]:
    times = _times(line[:LONGEST_HEAD])
    return [times] if times and times[0].kind != "clock" and not _WORDY.search(line[: times[0].begin]) else ()


def _is_field(head: bytes, begin: int) -> bool:
    return _FIELD.search(head[:begin]) is not None


def _times(head: bytes) -> Pieces:
    """The first time of the line, or its first day and the time of day behind it."""
    day: Piece | None = None
    clock: Piece | None = None
    for found in _TIME.finditer(head):
        text, (begin, end) = found[0], found.span()
        date = calendar.day_in(text)
        if calendar.is_since(text):
            clock = clock or Piece(kind="clock", begin=begin, end=end)
        elif (date and len(date) < len(text)) or not (date or b":" in text):
            # A number in a message may look like seconds since 1970.
            return (Piece(kind="time", begin=begin, end=end),) if clock is None else (clock,)
        elif date:
            day = day or Piece(kind="day", begin=begin, end=end)
        elif clock is None:
            clock = Piece(kind="clock", begin=begin, end=end)
        if day and clock and day.end <= clock.begin:
            return (day, clock)
    return () if clock is None else (clock,)


def _key(line: bytes, pieces: Pieces) -> _Key:
    """What lines of one shape have in common: the order of the parts, and what stands next to the level."""
    level = next((one for one in pieces if one.kind in levels.KINDS), pieces[0])
    # A level may be filled up with blanks on either side; right behind a time it stands otherwise than behind a word.
    begin = max((one.end for one in pieces if one.end <= level.begin), default=0)
    before, after = line[begin : level.begin].rstrip()[-1:], line[level.end :].lstrip()[:1]
    return tuple(one.kind for one in pieces), _sign(before), _sign(after)


def _sign(byte: bytes) -> bytes:
    # Of signs to look at, the last byte is another in each.
    return b"w" if _WORDY.match(byte) else min(b"\x80", byte)


def _pattern(begun: Sequence[tuple[bytes, Pieces]]) -> re.Pattern[bytes]:
    out: list[bytes] = []
    for number, piece in enumerate(begun[0][1]):
        gaps = [line[pieces[number - 1].end if number else 0 : pieces[number].begin] for line, pieces in begun]
        out += [_gap(gaps), _group(piece.kind)]
    ends = [_normal(_BEHIND.match(line, pieces[-1].end)[0]).lstrip() for line, pieces in begun]  # type: ignore[index]
    out.append(BLANKS + _signs(_common(ends).rstrip(OPENING)) + BLANKS)
    return re.compile(b"".join(out))


def _common(texts: Sequence[bytes]) -> bytes:
    """What they all begin with."""
    first, last = min(texts), max(texts)
    return next((first[:at] for at in range(len(first), 0, -1) if last.startswith(first[:at])), b"")


def _group(kind: str) -> bytes:
    if kind in levels.KINDS:
        return b"(?P<level>" + levels.KINDS[kind] + b")"
    return b"(?P<%b>%b)" % (kind.encode(), calendar.TIME)


def _gap(gaps: Sequence[bytes]) -> bytes:
    """What matches all of what stands before a part: its signs, and between them any names."""
    forms = {_normal(gap) for gap in gaps}
    if not any(map(_WORDY.search, forms)):
        forms = {form.strip() for form in forms}
        signs = b"(?:" + b"|".join(map(_signs, sorted(forms, key=len, reverse=True))) + b")"
        return BLANKS + (signs if len(forms) <= ALL_FORMS else rb"[^\w\n]{0,20}") + BLANKS
    split = [_AROUND.match(form).groups() for form in forms]  # type: ignore[union-attr]
    first, last = {one[0].strip() for one in split}, {one[2].strip() for one in split}
    return (
        BLANKS
        + (_signs(next(iter(first))) if len(first) == 1 else rb"[^\w\n]{0,12}")
        + rb"[^\n]{%d,%d}?" % (all(one[1] for one in split), max(map(len, gaps)) + ROOM)
        + (_signs(next(iter(last))) if len(last) == 1 else b"")
        + BLANKS
    )


def _normal(text: bytes) -> bytes:
    return _BLANKS.sub(b" ", text)


def _signs(text: bytes) -> bytes:
    return b"".join(rb"[ \t]{1,40}" if part == b" " else re.escape(part) for part in _parts(text))


def _parts(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1] for at in range(len(text)))
