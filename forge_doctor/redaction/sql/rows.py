"""Rows that a server quotes: keys that are there already, rows that it refuses, lines of COPY."""

from __future__ import annotations

import re

from forge_doctor.redaction.notation.ends import end_of
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST_ROW = 4_000
_KEY = regex(r"(?i)\bkey \(([^\n]{1,300}?)\)=\(")
_KEY_END = regex(
    r"\)(?= (?:already exists|is not present|is still referenced|conflicts with|is duplicated|does not exist))"
)
# In any language.
_ANY_KEY = regex(r"(?:\)=|\bcontains \([^\n]{1,300}?\) = )\((?!\*\*\*)")
_ANY_KEY_END = regex(r"\)(?=[\s»«\"“”'.,;\\]|[^\x00-\x7f]|\Z)")
_ROW = regex(
    r"(?i)(?:failing row contains |row data: |invalid tuple |\b(?:local|remote) row |\breplica identity (?:full )?|"
    r"\b(?:enthält|contiene|contient|contém|содержит|містить|innehåller|zawiera) |包含 ?|行は ?|실패한 자료: )"
    r"\((?!\*\*\*|[^()\n]{1,300}\) = \()"
)
# Each way of saying it has one of these in it.
_OF_ROWS = (
    *("row ", "tuple ", "identity ", "enthält ", "contiene ", "contient ", "contém ", "содержит "),
    *("містить ", "innehåller ", "zawiera ", "包含", "行は", "실패한 자료: "),
)
_ROW_END = regex(r"\)(?=\.?[ \t]{0,8}(?:\n|\Z)|; (?:remote|replica|existing)|\.?\\{0,15}[\"'])")
_COPY_LINE = regex(r"\bCOPY [\w.\"]{1,130}, [^\n:\"»«„“]{1,120}: ?(?=\S)(?!\*\*\*)")
_COPY_DATA = regex(r"(?i)(\bCOPY [^\n;]{1,400} FROM STDIN[^\n;]{0,200};\n).{0,200000}?(?=\n?\\\.|\Z)", re.DOTALL)


def mask_rows(text: str) -> str:
    """The text without the values of rows and keys that an error quotes."""
    plain = text.casefold()
    if "key (" in plain:
        text = _between(text, _KEY, _KEY_END)
    if any(word in plain for word in _OF_ROWS):
        text = _between(text, _ROW, _ROW_END)
    return _between(text, _ANY_KEY, _ANY_KEY_END) if ")=(" in text or ") = (" in text else text


def mask_copied(text: str) -> str:
    """The text without lines of COPY: those that an error quotes, and those that follow the statement."""
    parts, position = [], 0
    while begin := _COPY_LINE.search(text, position):
        stop = end_of(text, begin.end()) if text[begin.end()] == "\\" else _line_end(text, begin.end())
        parts += [text[position : begin.end()], MASK]
        position = stop
    return _COPY_DATA.sub(rf"\g<1>{MASK}", "".join(parts) + text[position:])


def _between(text: str, begin_of: re.Pattern[str], end_of: re.Pattern[str]) -> str:
    """The text without what stands between two marks; where the second is missing, without the rest of the line."""
    parts, position = [], 0
    while begin := begin_of.search(text, position):
        end = end_of.search(text, begin.end(), begin.end() + _LONGEST_ROW)
        stop = end.start() if end else _line_end(text, begin.end())
        parts += [text[position : begin.end()], MASK]
        position = stop
    return "".join(parts) + text[position:]


def _line_end(text: str, begin: int) -> int:
    found = text.find("\n", begin)
    return len(text) if found < 0 else found
