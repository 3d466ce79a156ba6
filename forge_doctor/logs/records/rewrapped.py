"""Joins the lines of a traceback that was wrapped into a column without a box, as logging's RichHandler prints it.

Source: rich 13 _wrap.py and text.py: words go to the next line, one that is longer than the column is folded at its width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.logs.records.line_kind import HEADER
from forge_doctor.logs.records.lost_layout import is_class
from forge_doctor.logs.records.rich_box import JOINERS
from forge_doctor.regex import regex

# How much of a frame a line may end with.
_CUT = regex(rb'  File(?: "(?:[^"\n]{0,1000}|[^"\n]{1,1000}",(?: line)?(?: \d{1,9},)?(?<!\d)(?: in)?))?\s*$')
_HEADER = HEADER.decode()
_BEGINS = (" ", "\t", _HEADER, *JOINERS)


def is_wrapped(lines: Sequence[bytes]) -> bool:
    """Whether a frame of theirs goes on in the next line."""
    return any(line.startswith(b"  File") and _CUT.match(line) is not None for line in lines)


def rejoined(lines: Sequence[str]) -> list[str]:
    """Lines of a block, those of its tracebacks as they were before a column was too narrow for them."""
    return list(_joined(lines))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    whole, inside, told = "", False, False
    for raw in lines:
        line = raw.rstrip()
        begins = not line or line.startswith(_BEGINS) or not inside or not whole
        if not begins and not told and not whole.startswith("  File") and is_class(line.encode("utf-8", "replace")):
            begins = told = True
        if begins:
            if whole:
                yield whole
            whole = line
        else:
            whole += line if whole.count('"') % 2 and whole.startswith("  File") else f" {line}"
        if line.startswith(_HEADER):
            inside, told = True, False
        if not line:
            yield line
    if whole:
        yield whole
