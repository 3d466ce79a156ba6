"""A value that a CHECK refuses, looked for by the server among those near what the check itself names.

>>> print(violated("(size > 0)", "size", "integer"))
SELECT x."size" FROM unnest(ARRAY['0','-1','1','1000000']::integer[]) AS x("size") WHERE NOT (size > 0) LIMIT 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.sql.quoting import quote_identifier, quote_literal

# What pg_get_constraintdef() gives; one that is NOT VALID refuses no row that is there.
CHECK = re.compile(r"CHECK \((?P<expression>.+)\)(?: NO INHERIT)?", re.DOTALL)
NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
TEXTS = ("text", "character varying", "character", "citext")
_NUMBER = re.compile(r"(?<![\w.'])-?\d{1,9}(?![\w.])")
_NEAR = 6


def violated(expression: str, column: str, kind: str) -> str:
    """The query that gives such a value of the column, no row where none was found; empty for a type of which no values
    are known. Other columns of the expression are those of the row around it."""
    values = [*dict.fromkeys(_values(expression, kind))]
    if not values:
        return ""
    name = quote_identifier(column)
    listed = ",".join(map(quote_literal, values))
    return (
        f"SELECT x.{name} FROM unnest(ARRAY[{listed}]::{kind}[]) AS x({name}) "  # noqa: S608
        f"WHERE NOT {expression} LIMIT 1"
    )


def _values(expression: str, kind: str) -> Iterator[str]:
    if kind.endswith("]"):
        return
    if kind.startswith(NUMBERS):
        for found in _NUMBER.findall(expression)[:_NEAR]:
            yield from (str(int(found) + step) for step in (0, -1, 1))
        yield from ("0", "-1", "1", "1000000" if kind != "smallint" else "30000")
    elif kind.startswith(TEXTS):
        yield from ("other", "", "x" * 300)
    elif kind == "boolean":
        yield from ("false", "true")
    elif kind.startswith(("date", "timestamp")):
        yield from ("1000-01-01", "9000-01-01")
