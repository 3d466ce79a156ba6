"""Reads a page that was saved: what it shows of each line of its source, tags and entities taken off."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from forge_doctor.regex import regex

# A page that was saved: quotes are entities there.
_ESCAPED_FRAME = regex(
    rb"^(?![^\n]{0,300}\{\")[^\n]{0,300}File(?: |&nbsp;)\\{0,3}&(?:amp;){0,2}(?:quot|#34|#x22);[^&\n]{1,500}"
    rb"&(?:amp;){0,2}(?:quot|#34|#x22);,(?: |&nbsp;)line(?: |&nbsp;)\d",
    re.MULTILINE,
)
# What chats keep has its quotes as they were.
_ESCAPED_NAME = regex(rb"File \"(?:[^\"\n]{1,500}\", line \d{1,9}, in )?&lt;")
_PAGE = regex(rb"\s{0,200}<(?:!doctype html|html|body|table|pre)[\s>]", re.IGNORECASE)
_TAG = regex(r"<[/!]?[A-Za-z][^<>\n]{0,300}>")
_CELL = regex(r"</t[dh]>(?=[^\n]{0,200}<t[dh])", re.IGNORECASE)
# What ends a line of a page that goes on in the same line of its source.
_BREAK = regex(r"(?:<br ?/?>|</(?:p|div|li|tr|pre|code)>)(?!\r?$)", re.IGNORECASE)


def is_page(sample: bytes) -> bool:
    """Whether the stream is a page that was saved, or a part of one: a frame of a traceback has its quotes as entities."""
    if _PAGE.match(sample) is not None or (b"&" in sample and _ESCAPED_FRAME.search(sample) is not None):
        return True
    return b"&lt;" in sample and b", in <" not in sample and _ESCAPED_NAME.search(sample) is not None


def text_of_page(lines: Iterable[str]) -> Iterator[bytes]:
    """What a page shows, line by line."""
    return (line.encode() for line in itertools.dropwhile(str.isspace, map(_text_of, lines)))


def _text_of(line: str) -> str:
    """What a page shows of a line of its source, which may be several lines."""
    import html

    text = _TAG.sub("", _BREAK.sub("\n", _CELL.sub("\t", line)))
    # Looked for by words with plain blanks in them.
    return html.unescape(text).replace("\xa0", " ")
