"""A change of type writes the whole table anew while all who use it wait.

Why: ALTER COLUMN ... TYPE takes ACCESS EXCLUSIVE, writes every row again and builds every index of the column again.
It is free only where the stored bytes stay: a longer varchar, varchar to text, more digits of numeric at the same
scale, timestamp to timestamptz where the session's TimeZone is UTC; and a USING with a function in it is never free.

Bad:

    def upgrade():
        op.alter_column("orders", "customer_id", type_=sa.BigInteger)

Good:

    def upgrade():
        op.alter_column("orders", "status", type_=sa.String(200))

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES (measured on 13 to 18)

Wrong when: the table has no rows, or the old type is another than the revisions say. Where neither they nor
`existing_type` tell the old type, nothing is said; a table that the same revision creates is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.locks.type_changes import Rewrite, type_change
from forge_doctor.migrations.operations.objects import Type
from forge_doctor.migrations.operations.operation import AlterColumn
from forge_doctor.migrations.wording import found, waiting


@check(severity=Severity.ERROR)
def alter_type_rewrites(history: History) -> Iterator[Finding]:
    """Look at every change of type of a table that was there before."""
    for step, change in history.steps(AlterColumn):
        if change.type is None or not change.is_resolved or step.new_table:
            continue
        old = _old(step, change)
        cost = type_change(old, change.type, change.using)
        if cost in (Rewrite.YES, Rewrite.UNLESS_UTC):
            yield _found(step, change, old, change.type, cost)


def _old(step: Step, change: AlterColumn) -> Type | None:
    column = None if step.before is None else step.before.columns.get(change.column)
    return column.type if column is not None and column.type.name else change.existing_type


def _found(step: Step, change: AlterColumn, old: Type | None, new: Type, cost: Rewrite) -> Finding:
    what = f"{change.table}.{change.column} from {old} to {new}"
    if cost is Rewrite.UNLESS_UTC:
        message = f"changing {what} writes the whole table anew, unless the session's TimeZone is UTC"
        remedy = (
            "op.execute(\"SET LOCAL TimeZone = 'UTC'\") before it, where the values are UTC: then no row is written"
        )
        return found(step, Severity.ERROR, message, remedy, confidence=Confidence.MEDIUM)
    return found(
        step,
        Severity.ERROR,
        f"changing {what} writes every row anew under {waiting(step.effect)}, until it is done",
        f"add a column of the new type (op.add_column), fill it in chunks in autocommit_block(), let the application"
        f" write both, then swap the names; leave {change.column} until no code reads it",
    )
