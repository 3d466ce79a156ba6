"""Values that stand apart from their names: each in a field of its own, the wrong way round, in a text of help."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.redaction.names import STRONG, strength
from forge_doctor.redaction.notation.ends import end_of, inside
from forge_doctor.redaction.notation.signs import QUOTE
from forge_doctor.redaction.spans import Span, mask_spans
from forge_doctor.regex import regex

_FAR = 300
_NAME_FIELD = regex(
    rf"(?:name|key|field|param(?:eter)?|property|variable|header)(?:{QUOTE})?(?:[ \t]{{0,8}}[:=][ \t]{{0,8}}|>)(?:{QUOTE})?"
    r"([\w.-]{1,80}+)",
    re.IGNORECASE,
)
_VALUE_FIELD = regex(
    rf"(?:value|default|string|content)(?:{QUOTE})?(?:[ \t]{{0,8}}[:=][ \t]{{0,8}}|>)(?=[^\s<])", re.IGNORECASE
)
_VALUE_BEFORE = regex(
    rf"(?:value|default)(?:{QUOTE})?[ \t]{{0,8}}[:=][ \t]{{0,8}}(?:{QUOTE})([^'\"\n]{{1,300}})"
    rf"(?:{QUOTE})[\s,]{{0,40}}(?:{QUOTE})?\w{{0,20}}\Z",
    re.IGNORECASE,
)
# As it is, escaped, or as a blank where all is on one line.
_LINE_END = r"(?:(?:\\r|\r)?(?:\\n|\n)|(?:\\r|\r) ?)"
_IN_ELEMENT = regex(rf"{QUOTE}[^<>\n\r\\]{{0,100}}(?<!/)>(?=[^<\s])")
_IN_FORM = regex(
    rf"{QUOTE}(?:;[^\n\r\\]{{0,200}})?{_LINE_END}(?:[\w-]{{1,40}}: [^\n\r\\]{{0,100}}{_LINE_END}){{0,3}}{_LINE_END}"
)
_NEXT_END = regex(r"[\r\n<]|\\[rn]|\Z")
_REVERSED = regex(
    r"(['\"])([^'\"\n]{4,300})\1[ \t]{0,4}(?:==?|!=|<>)[ \t]{0,4}([A-Za-z_][\w.()]{1,100}+)(?!['\"]\w|[\w=(])"
)
_OPTION = regex(r"(?<![\w-])--?([A-Za-z][\w.-]{1,80}+)")
_OPTIONS_END = regex(r"\n[ \t│|]{0,40}-|\n[ \t]{0,40}\n")
_DEFAULT = regex(
    r"(?:[(\[;,|][ \t]{0,2}defaults?(?: value)?(?: is| to|:)?|\bdefaults to|\bdefault(?: value)?(?: is|:))[ \t\n]{1,40}|"
    r"\bdefault[ \t]?=[ \t]?",
    re.IGNORECASE,
)
_NO_DEFAULT = regex(r"(?:None|null|true|false|no|yes|\d{1,9}|\*{3})?\s{0,9}\Z", re.IGNORECASE)
_DEFAULT_END = regex(r"[)\];]|\.?(?:\n|\Z)")


def mask_fields(text: str) -> str:
    """The text without the value of `name: password, value: ...`, whichever comes first."""
    return mask_spans(text, (span for found in _NAME_FIELD.finditer(text) for span in _of_field(text, found)))


def mask_reversed(text: str) -> str:
    """The text without the value of `'...' = password`."""
    return mask_spans(
        text, (Span(*found.span(2)) for found in _REVERSED.finditer(text) if strength(found[3]) == STRONG)
    )


def mask_defaults(text: str) -> str:
    """The text without the default of `--password TEXT  what it is for (default: ...)`."""
    return mask_spans(text, (span for found in _OPTION.finditer(text) for span in _of_option(text, found)))


def _of_field(text: str, name: re.Match[str]) -> Iterator[Span]:
    if strength(name[1]) != STRONG:
        return
    end = name.end()
    is_part = "form-data" in text[max(0, name.start() - 40) : end]
    value = _VALUE_FIELD.search(text, end, end + _FAR)
    before = max(0, name.start() - _FAR)
    if is_part and (after := _IN_FORM.match(text, end)):
        yield _up_to_next(text, after.end())
    elif value and _is_same(text[end : value.start()]):
        span = inside(text, value.end(), end_of(text, value.end()))
        yield from [Span(*span)] if span else []
    elif earlier := _VALUE_BEFORE.search(text[before : name.start()]):
        yield Span(before + earlier.start(1), before + earlier.end(1))
    elif after := _IN_ELEMENT.match(text, end):
        yield _up_to_next(text, after.end())


def _up_to_next(text: str, begin: int) -> Span:
    stop = _NEXT_END.search(text, begin)
    return Span(begin, stop.start() if stop else len(text))


def _is_same(between: str) -> bool:
    """Whether a field behind this still belongs to the same object."""
    return not any(sign in between for sign in "{}") and not _NAME_FIELD.search(between)


def _of_option(text: str, option: re.Match[str]) -> Iterator[Span]:
    if strength(option[1]) != STRONG:
        return
    far = option.end() + _FAR
    other = _OPTIONS_END.search(text, option.end(), far)
    default = _DEFAULT.search(text, option.end(), other.start() if other else far)
    if default is None:
        return
    begin = default.end()
    is_quoted = text[begin : begin + 1] in ("'", '"')
    span = inside(text, begin, end_of(text, begin)) if is_quoted else (begin, _default_end(text, begin))
    if span and not _NO_DEFAULT.match(text[slice(*span)]):
        yield Span(*span)


def _default_end(text: str, begin: int) -> int:
    found = _DEFAULT_END.search(text, begin)
    return found.start() if found else len(text)
