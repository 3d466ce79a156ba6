"""Makes text that strangers chose safe to print, and never drops a character silently.

An application name or a query can hold escape sequences, line breaks or text-direction marks
that rewrite what an engineer sees; every text-like format passes its data through here.
"""

from __future__ import annotations

import re
from functools import cache

from forge_doctor.regex import regex

# Kept on purpose: U+200C and U+200D, without which Persian, Indic scripts and emoji fall apart.
_UNSEEN = (
    "\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
_CONTROL = regex("[\x00-\x09\x0b-\x1f\x7f]")
_LONE_SURROGATE = regex("[\ud800-\udfff]")
_BLANKS = regex("[ \n]+")
TAB = " " * 4


def printable(text: str) -> str:
    """The text with its line breaks; control, direction and invisible characters become `\\x1b`."""
    lines = text.replace("\r\n", "\n").replace("\t", TAB)
    return (_CONTROL if lines.isascii() else _unsafe()).sub(_escape, lines)


def printable_line(text: str) -> str:
    """The same on one line: runs of blanks and line breaks become one blank."""
    return _BLANKS.sub(" ", printable(text)).strip()


def printable_lines(text: str) -> tuple[str, ...]:
    """Line by line and with its indentation, for things to copy; blank lines at both ends go."""
    return tuple(line.rstrip(" ") for line in printable(text).strip("\n ").split("\n")) if text.strip() else ()


def encodable(text: str) -> str:
    """The text with halves of surrogate pairs replaced, which no UTF-8 file can hold."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def escape_json(document: str) -> str:
    """A JSON document whose strings hold nothing that would act on a terminal; it parses to the same."""
    return _unseen().sub(_escape_json, document)


# Compiled when first needed: a class of characters from all over Unicode takes milliseconds.
@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(f"[\x00-\x09\x0b-\x1f{_UNSEEN}]")


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(f"[{_UNSEEN}]")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_json(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
