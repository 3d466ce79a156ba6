"""Reads a table that is set in columns, with a rule of dashes below their names: psql's, sqlite3's, Azure's `--output table`.

Columns begin and end where the rule says so; a last one may be as long as it likes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex

_RULE = regex(rb"(?:-{2,20000}(?:\+| {1,2}|$)){2,40}[ \r]{0,4}$")
_RUN = regex(r"-+")
_COUNT = regex(r"\(\d{1,9} rows?\)\s*$")
MOST_ABOVE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """Where the columns are, in characters; `barred` says that bars stand between them, and `+` where a value goes on."""

    columns: tuple[tuple[int, int], ...]
    barred: bool
    above: int


def ruled_in(lines: Sequence[bytes]) -> Ruled | None:
    """How the lines are such a table; None where they are none."""
    for number, line in enumerate(lines[1 : MOST_ABOVE + 1], 1):
        if _RULE.match(line) and lines[number - 1].strip():
            text = line.decode("ascii", "replace").rstrip()
            columns = tuple((found.start(), found.end()) for found in _RUN.finditer(text))
            return Ruled(columns=columns, barred="+" in text, above=number - 1)
    return None


def as_csv(ruled: Ruled, lines: Iterable[str]) -> Iterator[str]:
    """Its rows as CSV, the names first; a value of several lines is one."""
    held: list[str] = []
    goes_on: list[bool] = []
    for number, line in enumerate(lines):
        text = line.rstrip("\r\n")
        if number < ruled.above or number == ruled.above + 1 or not text.strip() or _COUNT.match(text):
            continue
        cells = [_cell(text, begin, end, ruled, column) for column, (begin, end) in enumerate(ruled.columns)]
        if held and goes_on:
            held = [
                f"{above}\n{cell}" if more else above for above, cell, more in zip(held, cells, goes_on, strict=True)
            ]
        else:
            yield from _row(held)
            held = cells
        goes_on = _marks(text, ruled)
    yield from _row(held)


def _cell(text: str, begin: int, end: int, ruled: Ruled, column: int) -> str:
    if ruled.barred:
        return text[begin + 1 : end - 1].rstrip()
    return text[begin : None if column == len(ruled.columns) - 1 else end].rstrip()


def _marks(text: str, ruled: Ruled) -> list[bool]:
    """Whether each value goes on in the next line, as psql marks it."""
    marks = [ruled.barred and text[end - 1 : end] == "+" for _, end in ruled.columns]
    return marks if any(marks) else []


def _row(cells: Sequence[str]) -> Iterator[str]:
    if cells:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(cells)
        yield from out.getvalue().splitlines(keepends=True)
