"""Tells a stream of JSON whose records are no lines, and gives its records one after another; what is no JSON there, as text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.encoded_text import opened
from forge_doctor.streams.carriers.exports.json_exports.json_documents import Documents, Unreadable, may_begin
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.exports.json_exports.wrappings import records_in

LONG_WITHIN = 8 << 10
# journald writes a message as a list of bytes where it has several lines, or colours: no word of it can be looked for.
_BYTES_MESSAGE = regex(rb'"MESSAGE" ?: ?\[ ?\d')
_ENCODED = regex(rb'"[A-Za-z]\w{0,40}" ?: ?"([A-Za-z0-9+/]{16,2000}={0,2})"')
MOST_ENCODED = 20
# One value that may be longer than what is looked at: rows of a table, or a list of lines.
_LONG = regex(rb'"[ \t]{0,20}:\s{0,100}\[\s{0,100}(?:\[|"(?:[^"\\\n]|\\.){40,2000}",?[ \t\r]{0,20}\n)')
_FIRST_LINE = regex(rb"\s*(\{[^\n]*\})\s*(?:\n|$)")


def is_document(sample: bytes) -> bool:
    """Whether the stream is JSON whose records are no lines."""
    if not may_begin(sample):
        return False
    if _BYTES_MESSAGE.search(sample) or has_encoded(sample):
        return True
    found = _FIRST_LINE.match(sample)
    entry = loads(found[1]) if found else None
    if entry is None and _LONG.search(sample[:LONG_WITHIN]):
        return True
    if entry is None:
        try:
            return next(Documents().feed(sample[: 1 << 18].decode("utf-8-sig", "replace")), None) is not None
        except Unreadable:
            return False
    several = list(itertools.islice(records_in(entry), 2))
    return len(several) > 1 or (several != [entry] and b"\n{" not in sample[found.end() - 1 if found else 0 :][:4])


def has_encoded(sample: bytes) -> bool:
    """Whether there are sentences in base64 in it, of which no word can be looked for either."""
    found = itertools.islice(_ENCODED.finditer(sample), MOST_ENCODED)
    return any(" " in (opened(one[1].decode()) or "") for one in found)


def document_entries(texts: Iterable[str]) -> Iterator[Any]:
    """The records of the document; what is no JSON, as text."""
    documents = Documents()
    for text in itertools.chain(texts, [None]):
        try:
            yield from documents.feed(text or "", last=text is None)
        except Unreadable as problem:
            # Whatever stands here: the line goes through as it is, and JSON is looked for behind it.
            line, _, rest = problem.rest.partition("\n")
            yield line
            documents = Documents()
            yield from _after(documents, rest)


def _after(documents: Documents, rest: str) -> Iterator[Any]:
    while rest:
        try:
            yield from documents.feed(rest)
            return
        except Unreadable as problem:
            line, _, rest = problem.rest.partition("\n")
            yield line
