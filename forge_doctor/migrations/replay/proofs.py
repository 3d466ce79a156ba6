"""What the constraints of a table prove about its columns."""

from __future__ import annotations

import re

from forge_doctor.migrations.replay.schema import Table
from forge_doctor.regex import regex

NOT_NULL = regex(r'^\s*+\(*+\s*+"?+([\w$]++)"?+\s++IS\s++NOT\s++NULL\s*+\)*+\s*+$', re.IGNORECASE)
AND = regex(r"(?<!\s)\s++AND\s++", re.IGNORECASE)


def is_proven_not_null(table: Table | None, column: str) -> bool:
    """Whether PostgreSQL knows that no row has a NULL there: SET NOT NULL then looks at none."""
    known = None if table is None else table.columns.get(column)
    if table is None or known is None:
        return table is not None and _by_constraint(table, column)
    return not known.nullable or known.identity or _by_constraint(table, column)


def _by_constraint(table: Table, column: str) -> bool:
    return any(
        (one.kind == "not null" and column in one.columns)
        or (one.kind == "primary key" and column in one.columns)
        or (one.kind == "check" and column in not_null_columns(one.expression))
        for one in table.constraints
        if not one.not_valid
    )


def not_null_columns(expression: str) -> tuple[str, ...]:
    """The columns that an expression says are not NULL, where it says so of all rows."""
    parts = AND.split(expression)
    return tuple(found[1] for part in parts if (found := NOT_NULL.match(part)) is not None)
