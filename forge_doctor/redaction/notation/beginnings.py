"""Where the value of a name begins, in any notation: behind a sign, a quote, a bracket, on the line below."""

from __future__ import annotations

import re

from forge_doctor.redaction.names import NONE, STRONG, strength, takes_line
from forge_doctor.redaction.notation.signs import BLANK, QUOTE, is_drawn
from forge_doctor.regex import regex

# From the end of a name to the beginning of its value. `lower(name) = '...'` closes a call, and so does `get('name')=`.
_GIVEN = regex(
    rf"(?P<close>{QUOTE}{{1,4}}+)?(?:\]|%(?:25){{0,3}}5[Dd]|(?P<call>\)))?(?:\*\*(?!\*))?{BLANK}{{0,20}}(?:\\{{0,4}}"
    rf"(?P<set>=>|:=|[=!]==?|<>|=|%(?:25){{0,3}}3[Dd])|(?P<colon>:(?!:)|%(?:25){{0,3}}3[Aa]))(?:\*\*(?!\*))?{BLANK}{{0,20}}"
)
# What YAML puts before a value: an anchor, a tag, the mark of a text of several lines.
_MARKS = regex(r"(?:[&!][\w!/.:-]{1,60}[ \t]{1,8}){1,3}(?=\S)")
_TEXT_BELOW = regex(
    r"(?:[&!][\w!/.:-]{1,60}[ \t]{1,8}){0,2}[|>][-+0-9]{0,2}[ \t]{0,8}(?:#[^\n]{0,200})?\r?\n[ \t]{0,200}"
)
_QUOTED_BELOW = regex(r"[ \t]{0,8}\r?\n[ \t]{0,200}(?:string\(\d{1,9}\) )?(?=[brfuBRFU]{0,2}['\"])")
_WORD_BELOW = regex(
    r"[ \t]{0,8}\r?\n[ \t]{1,200}(?=[^\s:#-][^\s'\"]{3,200}(?:[ \t]{0,40}\r?(?:\n|\Z)|[ \t]{1,40}#|['\")\]}]))(?![\w.-]{1,80}[:=])"
)
_LINE_START = regex(r"(?:\A|\n)[ \t]{0,200}(?:- )?['\"]?\Z")
_PAIRED = regex(rf"{QUOTE}[ \t]{{0,20}},[ \t]{{0,20}}")
_OPEN_PAIR = regex(rf"[(\[][ \t]{{0,4}}[brBR]{{0,2}}{QUOTE}\Z")
_DRAWN_QUOTED = regex(rf"[brBR]{{0,2}}{QUOTE}([^\s'\"`\\]{{8,200}}){QUOTE}")
_ELEMENT = regex(r"(?:[ \t][^<>\n]{0,200})?(?:>|&gt;)(?:<!\[CDATA\[|&lt;!\[CDATA\[)?(?=[^<\n])")
_QUOTED_NEXT = regex(
    r"(?:[ \t]{1,8}(?:(?i:(?:not[ \t]{1,4})?(?:like|ilike|similar to|between)|to|as|is(?: not)?|was)[ \t]{1,8})?|"
    r"[ \t]{0,8}\([ \t]{0,8})(?=[eE]?['\"])|[ \t]{1,8}(?i:not[ \t]{1,4})?(?i:in)[ \t]{0,8}(?=\([ \t]{0,8}[eE]?['\"])"
)
# `PasswordCredentials('ada', '...')`: whichever of them it is.
_CONSTRUCTED = regex(r"(?=\([^()\n]{0,200}['\"])")
_ARGUMENT = regex(r"[ \t]{1,8}(?=[^\s-])")
_SHELL = regex(r"(?:\bENV|\bsetx|\bset -\w{1,4})[ \t]{1,4}\Z")
_ANNOTATED = regex(
    r"[A-Za-z_][\w.\[\]|]{0,60}(?: \| \w{1,20})?[ \t]{0,4}=(?!=)[ \t]{0,4}(?=[brfuBRFU]{0,2}['\"]|[A-Za-z_][\w.]{0,60}\(|\*{3})"
)
# Nothing but signs, or `is`, between a name and a word that was drawn.
_BESIDE = regex(r"(?:[^\w\n'\"`,;/]|\*\*|`){1,40}?(?:(?:is|was)[ \t]{1,4})?(?=([\w.~+/=-]{8,200}))")


def beginning(text: str, start: int, end: int, name: str, sure: int) -> int | None:
    """Where the value begins of the name that stands at `start:end`; None where it is given none."""
    given = _GIVEN.match(text, end)
    if given is not None and not (given["call"] and text[given.end() : given.end() + 1] not in ("'", '"', "(")):
        if given["colon"] and not given["close"] and not _is_loud(name, sure):
            return None
        return _past_marks(text, start, given, name)
    found = _paired(text, start, end, name) or _element(text, start, end)
    if found is None and sure == STRONG:
        following = _CONSTRUCTED.match(text, end) or _QUOTED_NEXT.match(text, end)
        found = following.end() if following else None
    if found is None and (name.startswith("-") or _SHELL.search(text[max(0, start - 16) : start])):
        following = _ARGUMENT.match(text, end)
        found = following.end() if following else None
    return _beside(text, end, name) if found is None and sure == STRONG else found


def _is_loud(name: str, sure: int) -> bool:
    return sure == STRONG and not _is_logger(name)


def _past_marks(text: str, start: int, given: re.Match[str], name: str) -> int:
    begin, colon = given.end(), given["colon"] is not None
    is_key = colon and _LINE_START.search(text[max(0, start - 210) : start]) is not None
    past = _QUOTED_BELOW.match(text, begin) if is_key or given["close"] or not colon else None
    if past is None and colon:
        past = _TEXT_BELOW.match(text, begin) or _WORD_BELOW.match(text, begin)
        past = (
            past
            if past is None or is_key or any(map(str.isdigit, text[past.end() : past.end() + 40].split()[0]))
            else None
        )
    if past is None and colon and not takes_line(name):
        past = _ANNOTATED.match(text, begin) or _MARKS.match(text, begin)
    return past.end() if past else begin


def _paired(text: str, start: int, end: int, name: str) -> int | None:
    paired = _PAIRED.match(text, end)
    if paired is None:
        return None
    if name.startswith("-") or _OPEN_PAIR.search(text[max(0, start - 24) : start]):
        return paired.end()
    value = _DRAWN_QUOTED.match(text, paired.end())
    return paired.end() if value and is_drawn(value[1]) else None


def _element(text: str, start: int, end: int) -> int | None:
    before = text[max(0, start - 60) : start]
    opened = before.endswith(("<", "&lt;")) or before.rpartition("<")[2].endswith(":")
    element = _ELEMENT.match(text, end) if opened else None
    return element.end() if element else None


def _beside(text: str, end: int, name: str) -> int | None:
    beside = None if _is_logger(name) else _BESIDE.match(text, end)
    is_secret = beside is not None and is_drawn(beside[1]) and strength(beside[1]) == NONE
    return beside.end() if beside and is_secret else None


def _is_logger(name: str) -> bool:
    """Whether `name: ` may be a logger's and a message: `app.auth.tokens`; a setting's `db.password` is none."""
    return "." in name and (
        strength(name.rpartition(".")[2]) != STRONG or name.endswith(("tokens", "token", "cookies", "secrets"))
    )
