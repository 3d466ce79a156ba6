"""Reads a table as notes and issues show it: columns between bars, a row of dashes below their names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from forge_doctor.regex import regex

_TABLE = regex(
    rb"\s{0,100}\|[^\n]{1,1000}\|[ \t\r]{0,20}\n[ \t]{0,20}\|(?:[ \t]{0,20}:?-{2,100}:?[ \t]{0,20}\|){1,40}[ \t\r]{0,20}\n"
)
_RULE = regex(r"[\s|:-]{3,2000}$")
_BAR = regex(r"(?<!\\)\|")


def is_table(sample: bytes) -> bool:
    """Whether the stream begins with such a table."""
    return _TABLE.match(sample) is not None


def as_csv(lines: Iterable[str]) -> Iterator[str]:
    """Its rows as CSV; what stands round it as rows of one column."""
    for number, line in enumerate(lines):
        bare = line.strip()
        if not bare or (number < 4 and _RULE.match(bare)):
            continue
        cells = _BAR.split(bare[1:].removesuffix("|")) if bare[0] == "|" else [bare]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(map(_text, cells))
        yield from out.getvalue().splitlines(keepends=True)


def _text(cell: str) -> str:
    """What a cell says, without the blank on either side of it."""
    import html

    return html.unescape(cell.removeprefix(" ").rstrip().replace("\\|", "|").replace("<br>", "\n"))
