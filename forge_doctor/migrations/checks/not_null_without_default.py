"""A NOT NULL column without a server default is added to a table that may have rows.

Why: the server has no value for the rows that are there, and refuses: "column contains null values". `default=` is
SQLAlchemy's, for rows that it inserts; only `server_default=` fills those that are there.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("flags", sa.Integer, nullable=False, default=0))

Good:

    def upgrade():
        op.add_column("orders", sa.Column("flags", sa.Integer, nullable=False, server_default="0"))

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN

Wrong when: the table is empty everywhere: one that the same revision creates or empties is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.operation import AddColumn, AlterTable, ChangeRows, Operation
from forge_doctor.migrations.wording import found


@check(severity=Severity.CRITICAL)
def not_null_without_default(history: History) -> Iterator[Finding]:
    """Look at every column added to a table that was there before."""
    for change in history.upgrades:
        emptied: set[str] = set()
        for step in change.steps:
            one = step.operation
            if isinstance(one, AddColumn):
                if step.effect.fails and one.is_resolved and not step.new_table and one.table not in emptied:
                    yield _found(step, one)
            elif _empties(one):
                emptied.add(getattr(one, "table", ""))


def _empties(one: Operation) -> bool:
    """Whether no row of its table is left."""
    if isinstance(one, ChangeRows):
        return one.kind == "DELETE" and not one.has_where
    return isinstance(one, AlterTable) and one.what == "TRUNCATE"


def _found(step: Step, added: AddColumn) -> Finding:
    column = added.column
    own = " (default= is SQLAlchemy's, and fills no row that is there)" if column.python_default else ""
    return found(
        step,
        Severity.CRITICAL,
        f"{added.table}.{column.name} is NOT NULL without a server default{own}: this fails as soon as the table has a row",
        'server_default="..." in the column, or three steps: nullable, filled in chunks, then NOT NULL',
    )
