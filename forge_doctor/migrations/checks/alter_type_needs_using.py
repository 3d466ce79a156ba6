"""A column gets a type that PostgreSQL does not turn the old one into by itself.

Why: without USING the server only makes the casts it would make for an INSERT: "column ... cannot be cast automatically to
type ...", on every database, with rows or without. Autogenerate never writes the USING. A default of the old type is not
cast by USING either: it has to go first.

Bad:

    def upgrade():
        op.alter_column("orders", "status", type_=sa.Integer)

Good:

    def upgrade():
        op.alter_column("orders", "status", type_=sa.Integer, postgresql_using="status::integer")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE

Wrong when: the old type is another than the revisions say. Only pairs of the server's own types are judged, by its own
table of casts, and enumerations; where the old type is only told by `existing_type`, the confidence is medium.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History, Step
from forge_doctor.migrations.locks.casts import is_cast_by_itself
from forge_doctor.migrations.operations.objects import Type
from forge_doctor.migrations.operations.operation import AlterColumn
from forge_doctor.migrations.wording import found, on_table, quoted
from forge_doctor.sql.quoting import quote_name, quote_part


@check(severity=Severity.CRITICAL)
def alter_type_needs_using(history: History) -> Iterator[Finding]:
    """Look at every change of type without USING, both ways."""
    for direction in (UPGRADE, DOWNGRADE):
        for step, change in history.steps(AlterColumn, direction):
            if change.type is None or not change.is_resolved:
                continue
            column = None if step.before is None else step.before.columns.get(change.column)
            known = column is not None and bool(column.type.name)
            old = column.type if known and column is not None else change.existing_type
            if old is None or is_cast_by_itself(old, change.type) is not False:
                continue
            if not change.using:
                yield _found(step, change, old, change.type, Confidence.HIGH if known else Confidence.MEDIUM)
            elif column is not None and column.default is not None and column.default.sql.upper() != "NULL":
                yield _default(step, change, change.type)


def _default(step: Step, change: AlterColumn, new: Type) -> Finding:
    bare, schema = on_table(change.table)
    return found(
        step,
        Severity.CRITICAL,
        f'the default of {change.table}.{change.column} is of the old type, and USING does not cast it: "default for column'
        f' cannot be cast automatically to type {new.name}", and {step.direction}() of {step.revision.id} fails',
        f"op.alter_column({bare}, {quoted(change.column)}, server_default=None{schema}) before it, and the new"
        " default behind it",
        confidence=Confidence.HIGH,
    )


def _written(new: Type) -> str:
    """The type as SQL names it."""
    return quote_name(new.name) + str(new).removeprefix(new.name)


def _found(step: Step, change: AlterColumn, old: Type, new: Type, sure: Confidence) -> Finding:
    return found(
        step,
        Severity.CRITICAL,
        f"{change.table}.{change.column} is {old}, which PostgreSQL does not cast to {new} by itself: {step.direction}() of"
        f" {step.revision.id} fails",
        f"postgresql_using={quoted(f'{quote_part(change.column)}::{_written(new)}')}",
        confidence=sure,
    )
