"""Finds what stands before the lines of something that is read as a whole: a document, a table or a page behind a prefix.

Where a prefix ends nothing tells there: each place of the first line at which such a thing may begin is tried.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.nested import bare
from forge_doctor.streams.carriers.prefixes.prefix import Prefix, held_against
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge
from forge_doctor.streams.carriers.prefixes.prefix_shape import LONGEST_PREFIX, parts_of

MOST_PARTS, MOST_LINES = 16, 200
_BRACKETS = ((b"{", b"}"), (b"[", b"]"), (b"<", b">"))
# How documents, pages, literals, journald's entries, and the first row of a table begin, and what tells times of its own.
_BEGINS = regex(
    rb"""[{<]|__CURSOR=|\[(?:$|[\s{'"\]])|b?['"]|---$|\|[ ]|[@_A-Za-z][\w.@ ()\[\]/-]{0,60}[,;\t]["@_A-Za-z]|\d{4}-\d\d-\d\d"""
)


def prefix_before(sample: bytes, knowledge: Knowledge, is_whole: Callable[[bytes], bool]) -> Prefix | None:
    """The prefix behind which something stands that is read as a whole; None where there is none."""
    lines = [line.rstrip(b"\r") for line in sample.split(b"\n")[:MOST_LINES] if line.strip()]
    if not lines:
        return None
    at = 0
    for part in parts_of(lines[0][:LONGEST_PREFIX])[:MOST_PARTS]:
        at += len(part.text)
        core, rest = lines[0][:at].rstrip(b" \t"), lines[0][at:].lstrip(b" ").removeprefix(codecs.BOM_UTF8)
        if part.kind in ("word", "number") and lines[0][at : at + 1] not in (b"\t", b" "):
            continue
        if not _BEGINS.match(rest) or not _is_closed(core):
            continue
        found = held_against([core], lines, knowledge)
        if found is not None and is_whole(bare(found.strip(b"\n".join(lines) + b"\n"))):
            return found
    return None


def _is_closed(core: bytes) -> bool:
    """Whether no bracket and no quote of a prefix is open where it ends: what follows would be inside of a record."""
    return not core.count(b'"') % 2 and all(core.count(sign) <= core.count(end) for sign, end in _BRACKETS)
