"""Texts as they were before they were written into others: JSON, a literal of code, a URL, HTML, CSV, a terminal.

What the passes know they know of plain notations. So each layer is read in its own right, and the words that were
secrets there are secrets in the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_DEEPEST = 7
_MOST_WORDS = 400
# One backslash in a text, two where it was written into another, four, eight.
_NUMBERED = regex(r"(\\{1,15})u00([2-7][0-9A-Fa-f])")
_SLASH = regex(r"(?<=:)\\{1,15}/\\{1,15}/")
_STAYS = "\"'\\\x7f"
_WRITTEN = regex(
    r"(?:\\x[0-9A-Fa-f]{2})+|(?:%[0-9A-Fa-f]{2})+|\\(?:[nrt\"\\/]|u[0-9A-Fa-f]{4}|033)|"
    # An apostrophe opens nothing.
    r"(?<!\w)\\'|\\'(?!\w)|&(?:quot|lt|gt|amp|apos|#39|#34|#x27|#x22);|"
    r"\x1b\[[\d;]{0,20}m"
)
_MEANT = {"n": "\n", "r": "\r", "t": "\t", "quot": '"', "lt": "<", "gt": ">", "amp": "&", "apos": "'", "#39": "'"}
_MEANT |= {"#34": '"', "#x27": "'", "#x22": '"'}
_HEXADECIMAL = regex(r"\\x|%")
_DOUBLED = regex(r"(?:\A|(?<=[\s(\[{,=:bBfFrRuUeE]))(?:''(?=[\w\[{(-])|\"\"(?=[\w\[{(-]))")
_TWO = regex(r"''|\"\"")
_WORD = regex(r"[^\s'\"`\\,;(){}\[\]<>&%=|*\x1b]{4,200}")
# Where a word ends, and is no name itself; where it begins: also behind an escape that ends with a letter or a digit.
_ENDS = r"(?!\w|\\{0,15}['\"]?[ \t]{0,4}[=:])"
_BEGINS = r"(?:(?<!\w)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=m))"


def read_escapes(text: str) -> str:
    """The text with letters that JSON wrote as numbers as they are: `\\u0070assword`, `a=1\\u0026token=`, `https:\\/\\/`.

    A quote stays as it is written, since it would end what it stands in.
    """
    if "\\/" in text:
        text = _SLASH.sub("//", text)
    return _NUMBERED.sub(_number_meant, text) if "u00" in text else text


def layers(text: str) -> Iterator[str]:
    """The text with what is written in it as it is meant, once, twice, as often as it was written into another."""
    for _ in range(_DEEPEST):
        meant = _WRITTEN.sub(_meant, text)
        if _DOUBLED.search(meant):
            meant = _TWO.sub(lambda found: found[0][0], meant)
        if meant == text:
            return
        yield meant
        text = meant


def lost_words(text: str, masked: str) -> frozenset[str]:
    """The words of a text that nothing shows any more when it is masked."""
    return frozenset(word for word in _WORD.findall(text) if word not in masked) if masked != text else frozenset()


def without_words(text: str, words: frozenset[str]) -> str:
    """The text without these words, wherever they stand alone."""
    there = sorted((word for word in words if word in text), key=len, reverse=True)[:_MOST_WORDS]
    if not there:
        return text
    found = "|".join(re.escape(word) if _is_no_word(word) else rf"{_BEGINS}{re.escape(word)}{_ENDS}" for word in there)
    return re.sub(found, MASK, text)


def _is_no_word(word: str) -> bool:
    """Whether it stands in no other by chance."""
    return len(word) >= 8 and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _number_meant(found: re.Match[str]) -> str:
    character = chr(int(found[2], 16))
    slashes = len(found[1])
    # Other numbers of them are backslashes that are meant.
    return found[0] if character in _STAYS or slashes & (slashes - 1) else character


def _meant(found: re.Match[str]) -> str:
    written = found[0]
    if written[0] == "\x1b":
        return ""
    if written[0] == "&":
        return _MEANT[written[1:-1]]
    if written[0] == "%" or written[1] == "x":
        return _of_bytes(written)
    if written[1] == "u":
        return chr(int(written.removeprefix("\\u"), 16))
    return "\x1b" if written == "\\033" else _MEANT.get(written[1], written[1])


def _of_bytes(written: str) -> str:
    try:
        return bytes.fromhex(_HEXADECIMAL.sub("", written)).decode("utf-8")
    except UnicodeDecodeError:
        return written
