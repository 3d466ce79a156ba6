"""A lexer for what SQL has in quotes: literals, names, comments, dollars; knows no statement.

A statement stands in a text that may have been written into another: its quotes have backslashes before them or are
doubled, once or more often. How a literal is written shows at its beginning.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST = 4_000
_TOKEN = regex(
    r"/\*|--|(?P<dollars>\$(?:[A-Za-z_]\w{0,62})?\$)|\\{0,15}(?P<quotes>'{1,16}+|\"{1,16}+)|(?P<rows>(?i:\bvalues\b)(?=\s{0,12}\())|"
    # A statement ends at a semicolon, where a traceback goes on, or with the line where the next one cannot be its own.
    r"(?P<end>;|(?P<over>\\{1,15}n(?=[ \t]{0,80}(?:File \\{0,15}\"|Traceback|\(Background)))|"
    r"\n(?:(?=[ \t]{0,80}(?:File \"|at |Traceback|\(Background|[~^]))|(?![ \t(,)]|\r?\n|"
    r"(?i:from|where|and|or|on|set|using|when|then|left|inner|join|"
    r"group|order|having|limit|returning|select|values|union|with)\b)))"
)
_CLOSING = regex(r"(\\{0,15})('{1,16}+)")
_ANY_CLOSING = regex(r"\\{0,15}['\"]")
_COMMENT_LINE_END = regex(r"\n|\\{1,15}n")
# In such quotes stands a name, which may have an apostrophe in it; MySQL has values in them as well.
_NAME = regex(r"[^\"\\\n]{0,130}(?=\\{0,15}\")")
_NO_NAME = regex(r"(?![A-Za-z_][\w $-]{0,63}\\{0,15}\")[^\"\\\n]{1,400}(?=\\{0,15}\")")
# Of a text that is yet to be filled in.
_PLACEHOLDER = regex(r"\{[^{}'\"\n]{0,80}\}|\{\{\}\}|%(?:\(\w{1,60}\))?s|%")
_ESCAPES = regex(r"(?i)(?<![\w])e\Z")
_WORDS_OWN = regex(r"(?:t|s|re|ll|ve|d|m)\b(?!')")
_ENDS_A_WORD = regex(r"[^\W\d_]{2}\Z")
_TAKES_A_VALUE = regex(
    r"(?i)(?:[=(,<>|~\[]|\b(?:like|in|and|or|values|select|then|else|between|by|is|to))\s{0,8}[benux]?&?\Z"
)
_BEGINS = regex(r"[^\s'\",;:)\]}+|&\\=<>!]")


class _Quote(NamedTuple):
    """As a literal opens and closes: so many backslashes, and so many quotes."""

    slashes: int
    times: int
    escapes: bool


def without_literals(sql: str) -> str:
    """The statement with a mask for each literal, and for what a comment has from its first quote on."""
    shown, end = masked(sql, 0, len(sql))
    return shown + sql[end:]


def masked(text: str, begin: int, stop: int, ends: bool = False, doubled: bool = False) -> tuple[str, int]:
    """What stands between without its literals, and where that ended: where the statement `ends`, if that is asked for.

    `doubled` where two quotes begin a literal, whatever follows.
    """
    parts: list[str] = []
    shown = position = begin
    rows = False
    while token := _TOKEN.search(text, position, stop):
        position = token.end()
        if token["end"] and (ends or token["over"]):
            stop = token.start()
            break
        rows = rows or token["rows"] is not None
        span = None if token["end"] or token["rows"] else _piece(text, token, _Place(stop, rows, ends, doubled))
        if span is None:
            continue
        position = max(position, _past(text, span[1], token))
        if not _PLACEHOLDER.fullmatch(text, *span):
            parts += [text[shown : span[0]], MASK if span[1] > span[0] else ""]
            shown = span[1]
    return "".join(parts) + text[shown:stop], stop


class _Place(NamedTuple):
    """Where a literal stands: how far it may go, whether among rows, in a statement that ends, in doubled quotes."""

    stop: int
    rows: bool
    ends: bool
    doubled: bool


def _past(text: str, end: int, token: re.Match[str]) -> int:
    """Behind what closes the piece that ended."""
    if token["dollars"]:
        return end + len(token["dollars"])
    if not token["quotes"]:
        return end + (text[end : end + 1] == "'")
    quote = _ANY_CLOSING.match(text, end)
    return quote.end() + len(token["quotes"]) - 1 if quote else end


def _piece(text: str, token: re.Match[str], place: _Place) -> tuple[int, int] | None:
    """What is to be masked of what begins here; None for nothing."""
    if token["dollars"]:
        closing = text.find(token["dollars"], token.end(), place.stop)
        return token.end(), closing if closing >= 0 else place.stop
    if not token["quotes"]:
        return _comment(text, token, place.stop)
    return _literal(text, token, place) if token["quotes"][0] == "'" else _name(text, token, place.rows)


def _comment(text: str, token: re.Match[str], stop: int) -> tuple[int, int]:
    """An apostrophe in it opens no literal; what stands behind one may be a value."""
    if token[0] == "/*":
        closing = text.find("*/", token.end(), stop)
        end = closing if closing >= 0 else stop
    else:
        line = _COMMENT_LINE_END.search(text, token.end(), stop)
        end = line.start() if line else stop
    end = token.end() + len(text[token.end() : end].rstrip())
    quote = text.find("'", token.end(), end)
    if quote < 0:
        return end, end
    return quote + 1, end - 1 if end - 1 > quote and text[end - 1] == "'" else end


def _name(text: str, token: re.Match[str], rows: bool) -> tuple[int, int] | None:
    name = _NAME.match(text, token.end()) if len(token["quotes"]) == 1 else None
    if name is None:
        return None
    before = text[max(0, token.start() - 16) : token.start()]
    is_value = _TAKES_A_VALUE.search(before) and (rows or _NO_NAME.match(text, token.end()))
    end = name.end()
    return (token.end() if is_value else end), end


def _literal(text: str, token: re.Match[str], place: _Place) -> tuple[int, int] | None:
    count, begin = len(token["quotes"]), token.end()
    slashes = len(token[0]) - count
    if slashes or count % 2:
        if count == 1 and _is_apostrophe(text, token):
            return None
        begin, count = begin - count + 1, 1
    elif not _BEGINS.match(text, begin, place.stop) and not (place.doubled and count == 2):
        return None
    before = text[max(0, token.start() - 16) : token.start()]
    quote = _Quote(slashes, count, _ESCAPES.search(before) is not None)
    line = text.find("\n", begin, place.stop) if place.ends else -1
    end = _end(text, begin, line if line >= 0 else place.stop, quote)
    if end is None and line >= 0 and _TAKES_A_VALUE.search(before):
        end = _end(text, begin, min(place.stop, begin + _LONGEST), quote)
        end = None if end is not None and text[end + 1 : end + 2].isalnum() else end
    return begin, (line if line >= 0 else place.stop) if end is None else end


def _end(text: str, begin: int, stop: int, quote: _Quote) -> int | None:
    """Where what closes a literal begins; None where it is cut off before."""
    position, last, unsure = begin, None, False
    while found := _CLOSING.search(text, position, stop):
        position = found.end()
        slashes, count = len(found[1]), len(found[2])
        if quote.slashes:
            if slashes > quote.slashes:
                continue
            again = "\\" * slashes + "'"
            if slashes < quote.slashes or not text.startswith(again, position):
                return found.start()
            position += len(again)
            continue
        if quote.times > 1:
            if count % (2 * quote.times):
                return found.start(2)
            continue
        # An escape or, with a backslash before it, the end: where nothing tells which, the literal goes to the last.
        escaped = slashes % 2
        unsure = unsure or (escaped == 1 and not quote.escapes)
        last = found.end() - 1
        if (count - escaped) % 2 and not unsure:
            return last
    return last if unsure else None


def _is_apostrophe(text: str, token: re.Match[str]) -> bool:
    """Whether it stands within a word: `can't`."""
    before = text[max(0, token.start() - 2) : token.start()]
    return _ENDS_A_WORD.search(before) is not None and _WORDS_OWN.match(text, token.end()) is not None
