"""What a name that holds a secret is given, found in any notation: `k=v`, JSON in JSON, headers, ASGI pairs, SQL, XML."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.redaction.names import HINTS, NONE, STRONG, counts, in_small_letters, strength, takes_line
from forge_doctor.redaction.notation.beginnings import beginning
from forge_doctor.redaction.notation.ends import block_end, end_of, inside, is_quoted, next_value, quote_around
from forge_doctor.redaction.shapes import MASK
from forge_doctor.redaction.spans import Span, mask_spans
from forge_doctor.regex import regex

_NAME_BEFORE = 80
_MOST_PIECES = 60

_NAME_REST = regex(r"[\w.-]{0,80}+")
_NAME_START = regex(r"[\w.-]{0,80}+\Z")
_SAYS_NOTHING = regex(r"(?:None|null|nil|true|false|undefined|NULL|True|False|\*{3,})(?![\w*'])")
_ESCAPE = regex(r"(?<!\\)\\[nrt](?=\w)|%(?:25){0,3}[0-9A-Fa-f]{2}(?=\w)|\x1b\[[\d;]{0,20}m")
_LOGURU = regex(r"((?<![ \t│|])[ \t│|]{1,400}[└╰]─{0,2} )(?=\S)[^\n]*+")
_INPUT = regex(r"input_value=(?!\*\*\*)")
_INPUT_END = regex(r", input_type=|\n|\Z")


def mask_named(text: str) -> str:
    """The text without the values of names that hold secrets, without pydantic's inputs and loguru's value lines."""
    if "└ " in text or "╰" in text:
        text = _LOGURU.sub(rf"\g<1>{MASK}", text)
    if "input_value=" in text:
        text = _inputs(text)
    return mask_spans(text, _spans(text))


def _spans(text: str) -> Iterator[Span]:
    """Where values of secrets stand, in order."""
    position = done = 0
    small = in_small_letters(text)
    while hint := HINTS.search(small, position):
        end = _NAME_REST.match(text, hint.end()).end()  # type: ignore[union-attr]
        before = max(done, hint.start() - _NAME_BEFORE)
        start = _NAME_START.search(text[before : hint.start()]).start() + before  # type: ignore[union-attr]
        position = end
        start += _escape_before(text, start, hint.start())
        sure = strength(text[start:end].rstrip(".-"))
        span = _value(text, start, end, sure)
        for _ in range(_MOST_PIECES):
            if span is None:
                break
            yield Span(*span, sure == STRONG)
            position = done = span[1]
            begin = next_value(text, done)
            span = inside(text, begin, end_of(text, begin)) if begin is not None else None


def _escape_before(text: str, start: int, hint: int) -> int:
    """How many characters of the name belong to an escape before it: `\\nname`, `%5Bname`, a colour's `[36mname`."""
    ends = [found.end() for found in _ESCAPE.finditer(text, max(0, start - 12), hint + 1)]
    return max(0, ends[-1] - start) if ends else 0


def _inputs(text: str) -> str:
    parts, position = [], 0
    while begin := _INPUT.search(text, position):
        end = _INPUT_END.search(text, begin.end()).start()  # type: ignore[union-attr]
        parts += [text[position : begin.end()], MASK]
        position = end
    return "".join(parts) + text[position:]


def _value(text: str, start: int, end: int, sure: int) -> tuple[int, int] | None:
    """Where the value of the name at `start:end` stands; None where it is no secret's or is given none."""
    name = text[start:end].rstrip(".-")
    end = start + len(name)
    if sure == NONE:
        return None
    begin = beginning(text, start, end, name, sure)
    if begin is None or _SAYS_NOTHING.match(text, begin):
        return None
    if text[end:begin].rstrip(" \t").endswith("\n") and text[begin : begin + 1] not in ("'", '"'):
        return (begin, block_end(text, begin))
    quote = quote_around(text, start) if not is_quoted(text, end) else ""
    stop = end_of(text, begin, takes_line(name), quote)
    if stop <= begin or (counts(name) and text[begin:stop].strip().isdigit()):
        return None
    return inside(text, begin, stop)
