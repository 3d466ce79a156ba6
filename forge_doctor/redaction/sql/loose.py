"""Statements wherever they stand in a text: a message, a line of code, a field of JSON; what they carry is masked."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from forge_doctor.redaction.sql.literals import masked
from forge_doctor.regex import regex

_FAR_BACK = 300
_LONGEST = 32_000
_GAP = r"(?:\s|\\{1,15}[nrt]){1,12}"
_MAY_GAP = r"(?:\s|\\{1,15}[nrt]){0,12}"
_NAME = r"(?:[\w.$%{}\[\]`]|\\{0,15}\"){1,130}+"
_CALLED = rf"{_NAME}\("
_IN_CAPITALS = (
    # A word is enough.
    (
        ("SELECT", "WHERE", "HAVING", "RETURNING", "VALUES"),
        r"\b(?:SELECT|WHERE|HAVING|RETURNING|VALUES)(?=[\s(*\\])",
    ),
    (("LIKE", "BETWEEN", "IN"), rf"\b(?:LIKE|BETWEEN|IN{_MAY_GAP}\(){_MAY_GAP}(?=[eE]?\\{{0,15}}')"),
    (
        ("AND", "OR", "SET"),
        rf"\b(?:AND|OR|SET){_GAP}{_NAME}{_MAY_GAP}(?:=|<>|!=){_MAY_GAP}(?=[eE]?\\{{0,15}}')",
    ),
)
_IN_ANY_CASE = (
    (("insert",), rf"\binsert{_GAP}(?:ignore{_GAP})?into\b"),
    (("replace",), rf"\breplace{_GAP}into\b"),
    (("delete",), rf"\bdelete{_GAP}from\b"),
    (("merge",), rf"\bmerge{_GAP}into\b"),
    (("update",), rf"\bupdate{_GAP}(?:only{_GAP})?{_NAME}{_GAP}(?:as{_GAP})?(?:{_NAME}{_GAP})?set\b"),
    (("values",), rf"\bvalues{_MAY_GAP}\("),
    (
        ("with",),
        (
            rf"\bwith{_GAP}(?:recursive{_GAP})?{_NAME}{_MAY_GAP}(?:\([^()]{{0,300}}\){_MAY_GAP})?as{_MAY_GAP}"
            rf"(?:(?:not{_GAP})?materialized{_MAY_GAP})?\("
        ),
    ),
    (("call",), rf"\bcall{_GAP}{_CALLED}"),
    (("notify",), rf"\bnotify{_GAP}{_NAME}{_MAY_GAP},"),
    (
        ("select",),
        rf"\bselect{_GAP}(?:distinct\b|\*|\\{{0,15}}'|\$\d|{_CALLED}|{_NAME}{_MAY_GAP},|[^'\n]{{1,300}}?\bfrom\b)",
    ),
    (
        ("where",),
        (
            rf"\bwhere{_GAP}(?:not{_GAP})?{_NAME}{_MAY_GAP}(?:[=<>!~]{{1,3}}|(?:not{_GAP})?(?:i?like|in|between)\b){_MAY_GAP}"
            rf"(?=\(?[eE]?\\{{0,15}}')"
        ),
    ),
    # Plans have conditions.
    (
        ("filter", " cond", "cache key", "function call"),
        r"\b(?:filter|(?:index|recheck|hash|merge|tid) cond|join filter|cache key|function call)\\{0,15}\"?: ",
    ),
)
"""How a statement, or a clause of one, begins; and words of which one is in every text that has it."""
_Beginnings = tuple[tuple[tuple[str, ...], str], ...]
_QUOTE = regex(r"(\\{0,15})(\"{1,3}|'{1,3})")
_CAST = regex(r"'[^'\n]{0,400}'(?=::(?!reg))")


class _Around(NamedTuple):
    """The quote that something stands in: its sign, the backslashes before it, how often it stands there."""

    sign: str
    slashes: int
    times: int


def mask_loose(text: str) -> str:
    """The text without the literals of the statements in it."""
    parts, position = [], 0
    beginning = _beginning(_those_in(text, _IN_CAPITALS), _those_in(text.casefold(), _IN_ANY_CASE))
    while begin := beginning.search(text, position):
        around = _around(text, begin.start())
        stop = _stop(text, begin.end(), around)
        shown, end = masked(
            text, begin.end(), stop, ends=around is None, doubled=around is not None and around.sign == "'"
        )
        parts += [text[position : begin.end()], shown]
        position = max(end, begin.end())
    return "".join(parts) + text[position:]


def _those_in(text: str, beginnings: _Beginnings) -> tuple[str, ...]:
    """The expressions of those that the text may have."""
    return tuple(expression for words, expression in beginnings if any(word in text for word in words))


@functools.lru_cache(maxsize=64)
def _beginning(in_capitals: tuple[str, ...], in_any_case: tuple[str, ...]) -> re.Pattern[str]:
    """What finds these, as `_ALL` does, which takes long to compile and to search with."""
    return re.compile(_joined(in_capitals, in_any_case) or r"(?!)")


def _joined(in_capitals: tuple[str, ...], in_any_case: tuple[str, ...]) -> str:
    folded = (f"(?i:{'|'.join(in_any_case)})",) if in_any_case else ()
    return "|".join((*in_capitals, *folded))


_ALL = regex(_joined(tuple(one for _, one in _IN_CAPITALS), tuple(one for _, one in _IN_ANY_CASE)))


def mask_casts(text: str) -> str:
    """The text without `'...'::text`; the name of a relation stays."""
    return _CAST.sub("'***'", text)


def _around(text: str, begin: int) -> _Around | None:
    """The quote that is open where a statement begins, as far as its line tells."""
    line = max(text.rfind("\n", max(0, begin - _FAR_BACK), begin) + 1, begin - _FAR_BACK, 0)
    opened: _Around | None = None
    for found in _QUOTE.finditer(text, line, begin):
        quote = _Around(found[2][0], len(found[1]), len(found[2]))
        if opened is None:
            before = text[max(0, found.start() - 2) : found.start()]
            is_word = before[-1:].isalnum() and not (before[-1:] in "bfruBFRU" and not before[:-1].isalnum())
            opened = quote if quote.times != 2 and not is_word else None
        elif opened.sign == quote.sign and quote.slashes <= opened.slashes and quote.times >= opened.times:
            opened = None
    return opened


def _stop(text: str, begin: int, around: _Around | None) -> int:
    far = min(len(text), begin + _LONGEST)
    if around is None:
        return far
    for found in _QUOTE.finditer(text, begin, far):
        if found[2][0] == around.sign and len(found[1]) <= around.slashes:
            count = len(found[2])
            if count >= around.times if around.times > 1 else (count % 2 or len(found[1])):
                return found.end() - (around.times if around.times > 1 else 1 + len(found[1]))
    return far
