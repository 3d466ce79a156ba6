"""Reads JSON that is no line a record: pretty-printed objects, arrays, exports with their records inside.

Records come one after another, so that an array of any length is read in bounded memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import TIMES
from forge_doctor.streams.carriers.exports.json_exports.json_text import has_surrogates, mended
from forge_doctor.streams.carriers.exports.json_exports.wrappings import WRAPPERS

MOST_CHARACTERS = 32 << 20
# What only a report of an error, a span, or a trace of a service has: the lists in it are its parts.
_OF_REPORTS = frozenset({"event_id", "eventID", "error_id", "spanId", "scopeSpans", "instrumentationLibrarySpans"})
_BETWEEN = regex(r"[\s,\]}:]+")
_SCALAR = regex(r'"(?:[^"\\]|\\.)*"|[^\s,\[\]{}:"]+')
_KEY = regex(r'[\s,]*"([^"\\]{0,80})"\s*:\s*')
_VALUE = regex(r'"(?:[^"\\]|\\.)*"|[^\s,\[\]{}:"]+|\{[^{}\[\]]*\}')
_LISTS = regex(r"\[\s*\[")
_BEGINS = regex(rb'[\s\xef\xbb\xbf]*(?:\[\s*(?:\{|\]|$)|\{\s*(?:"|\}|$))')


def may_begin(data: bytes) -> bool:
    """Whether a JSON document begins here, as far as a look tells."""
    return _BEGINS.match(data[:4_096]) is not None


class Unreadable(ValueError):
    """What stands there is no JSON; `rest` is the text from there on."""

    def __init__(self, rest: str) -> None:
        super().__init__("no JSON")
        self.rest = rest


class Documents:
    """Takes text in pieces, gives the records that are complete."""

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._tried = 0

    def feed(self, piece: str, *, last: bool = False) -> Iterator[Mapping[str, Any]]:
        """The records that end in this piece; raises `Unreadable` where something else than JSON stands."""
        self._text += piece
        # A record longer than a piece is tried again only when what there is of it has doubled.
        if not last and len(self._text) < 2 * self._tried:
            return
        self._tried = 0
        at, text = 0, self._text
        halves = has_surrogates(text)
        while (begin := self._next(text, at)) is not None:
            inside = _inside(text, begin)
            if inside > begin:
                at = inside
                continue
            try:
                value, at = self._decoder.raw_decode(text, begin)
            except ValueError as error:
                at = begin
                if last or not _may_go_on(error, text) or len(text) - begin > MOST_CHARACTERS:
                    self._text = ""
                    raise Unreadable(text[begin:]) from None
                self._tried = len(text) - begin
                break
            except RecursionError:
                self._text = ""
                raise Unreadable(text[begin:]) from None
            if isinstance(value, dict):
                yield mended(value) if halves else value
        else:
            at = len(text) if last else self._kept(text, at)
        self._text = text[at:]

    def _next(self, text: str, at: int) -> int | None:
        """Where the next object begins; what stands between records is passed over."""
        while at < len(text):
            between = _BETWEEN.match(text, at)
            if between:
                at = between.end()
                continue
            if text[at] == "{":
                return at
            if text[at] == "[":
                at += 1
                continue
            scalar = _SCALAR.match(text, at)
            if scalar is None or scalar.end() == len(text):
                return None
            at = scalar.end()
        return None

    def _kept(self, text: str, at: int) -> int:
        """From where on the text is still needed: a value at its end may be cut."""
        rest = max(text.rfind(sign, at) for sign in ",{[}]\n")
        return max(at, rest + 1)


def _inside(text: str, begin: int) -> int:
    """Behind the bracket that opens a wrapper's records, where the object at `begin` is one; else `begin`."""
    at, is_element = begin + 1, text[max(0, begin - 100) : begin].rstrip()[-1:] in (",", "[")
    for _ in range(40):
        key = _KEY.match(text, at)
        if key is None or key[1] in _OF_REPORTS or (is_element and key[1] in TIMES):
            return begin
        following = text[key.end() : key.end() + 1]
        if key[1] in WRAPPERS and following in ("[", "{"):
            inner = text[key.end() : key.end() + 200].lstrip("[ \t\r\n")
            # A list of lists is a table, whose rows are told by the whole.
            table = _LISTS.match(text, key.end()) is not None
            return key.end() if following == "{" or (inner.startswith("{") and not table) else begin
        value = _VALUE.match(text, key.end())
        if value is None:
            return begin
        at = value.end()
    return begin


def _may_go_on(error: ValueError, text: str) -> bool:
    """Whether a record is only cut: what is wrong with it is wrong at the very end."""
    place = getattr(error, "pos", 0)
    return place >= len(text) - 12 or "Unterminated string" in str(error)
