r"""A table of a program's lines as clients of databases show it with a field a line: psql's `\x`, mysql's `\G`, sqlite3's -line."""

from __future__ import annotations

from tests.support.log_carriers import Lines, Wrap, stamp


def _rows(lines: Lines) -> list[tuple[int, str, str]]:
    return [(number, stamp(at)[:-3].replace("T", " "), line) for number, (at, line) in enumerate(lines, 1)]


def expanded(lines: Lines) -> str:
    """As psql shows it: of a value with several lines each but the last has a plus at its end."""
    out = []
    for number, at, line in _rows(lines):
        first, *more = line.split("\n")
        width = max(map(len, (first, *more)))
        values = [f"message | {first:<{width}}", *(f"        | {one:<{width}}" for one in more)]
        out += [f"-[ RECORD {number} ]" + "-" * 40, f"id      | {number}", f"at      | {at}"]
        out += [f"{value}+" for value in values[:-1]] + [values[-1].rstrip()]
    return "\n".join(out) + "\n"


def rows_below(lines: Lines) -> str:
    """As mysql shows it."""
    shown = (
        f"{'*' * 27} {number}. row {'*' * 27}\n     id: {number}\n     at: {at}\nmessage: {line}\n"
        for number, at, line in _rows(lines)
    )
    return "".join(shown) + f"{len(lines)} rows in set (0.00 sec)\n"


def line_mode(lines: Lines) -> str:
    """As sqlite3 shows it."""
    return "\n".join(f"     id = {number}\n     at = {at}\nmessage = {line}\n" for number, at, line in _rows(lines))


VERTICALS: dict[str, Wrap] = {"psql-expanded": expanded, "mysql-vertical": rows_below, "sqlite-line": line_mode}
