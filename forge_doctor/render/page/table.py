"""Lays a table out in columns that fit the page; cells are wrapped, never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.render.digest import value_text
from forge_doctor.render.page.columns import cell_width, pad, wrap
from forge_doctor.render.page.lines import BLANK, Line, Page, Span, Style
from forge_doctor.render.printable import printable_line
from forge_doctor.report import Table

GAP = 2
NARROWEST_COLUMN = 8


def lay_out_table(table: Table, page: Page) -> Iterator[Line]:
    """Title, columns under a rule, note; where the columns cannot fit, a block a row."""
    cells = [tuple(cell_text(value) for value in row) for row in table.rows]
    header = tuple(printable_line(column) for column in table.columns)
    for line in wrap(printable_line(table.title), page.width):
        yield (Span(line, Style.STRONG),)
    widths = column_widths(header, cells, page.width)
    yield from _columns(table, header, cells, widths, page) if widths else _blocks(header, cells, page)
    if table.note:
        yield from ((Span(line, Style.DIM),) for line in wrap(printable_line(table.note), page.width))
    yield BLANK


def cell_text(value: str | int | float | None) -> str:
    """A cell for people; what is not known is a dash."""
    return "-" if value is None else printable_line(value if isinstance(value, str) else value_text(value))


def is_numeric(table: Table, column: int) -> bool:
    """Whether the column holds numbers only, and at least one."""
    values = [row[column] for row in table.rows if row[column] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)


def column_widths(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int) -> tuple[int, ...]:
    """Widths that fit: first the header is wrapped, then the widest column gives way; none where nothing fits."""
    body = [max((cell_width(row[column]) for row in rows), default=0) for column in range(len(header))]
    widths = [max(cell_width(name), cells) for name, cells in zip(header, body, strict=True)]
    room = width - GAP * (len(widths) - 1)
    if sum(widths) > room:
        words = [max(cell_width(word) for word in name.split(" ")) for name in header]
        widths = [max(name, cells) for name, cells in zip(words, body, strict=True)]
    while sum(widths) > room:
        widest = max(widths)
        if widest <= NARROWEST_COLUMN:
            return ()
        widths[widths.index(widest)] -= 1
    return tuple(max(1, one) for one in widths)


def _columns(
    table: Table, header: tuple[str, ...], cells: Sequence[tuple[str, ...]], widths: tuple[int, ...], page: Page
) -> Iterator[Line]:
    rights = [is_numeric(table, column) for column in range(len(header))]
    yield from _row(header, widths, rights, Style.DIM)
    yield (Span((" " * GAP).join(page.rule * width for width in widths), Style.DIM),)
    for row in cells:
        yield from _row(row, widths, rights, Style.PLAIN)


def _row(row: tuple[str, ...], widths: tuple[int, ...], rights: Sequence[bool], style: Style) -> Iterator[Line]:
    wrapped = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    for at in range(max(len(lines) for lines in wrapped)):
        parts = (
            pad(lines[at] if at < len(lines) else "", width, right=right)
            for lines, width, right in zip(wrapped, widths, rights, strict=True)
        )
        yield (Span((" " * GAP).join(parts).rstrip(" "), style),)


def _blocks(header: tuple[str, ...], cells: Sequence[tuple[str, ...]], page: Page) -> Iterator[Line]:
    for row in cells:
        for name, cell in zip(header, row, strict=True):
            for line in wrap(f"{name}: {cell}", page.width):
                yield (Span(line),)
        yield BLANK
