"""SET NOT NULL reads the whole table while all who use it wait.

Why: it takes ACCESS EXCLUSIVE and looks at each row, unless a valid CHECK (column IS NOT NULL) already proves it.
The CHECK can be added NOT VALID and validated under a lock for which nobody waits.

Bad:

    def upgrade():
        op.alter_column("orders", "status", nullable=False)

Good:

    # revision b002 after a001
    def upgrade():
        op.create_check_constraint("ck_orders_status", "orders", "status IS NOT NULL", postgresql_not_valid=True)

    # revision b003 after b002
    def upgrade():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_status")

    # revision b004 after b003
    def upgrade():
        op.alter_column("orders", "status", nullable=False)
        op.drop_constraint("ck_orders_status", "orders")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL

Wrong when: the column is NOT NULL already, or proven so: the schema is replayed from the first revision on, and a table
that the same revision creates is left alone. Where no revision created the column, the confidence is medium.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.operation import AlterColumn
from forge_doctor.migrations.wording import as_text, executed, found, made_name, on_table, quoted, waiting
from forge_doctor.sql.quoting import quote_name, quote_part


@check(severity=Severity.ERROR)
def set_not_null_scans(history: History) -> Iterator[Finding]:
    """Look at every column that becomes NOT NULL."""
    for step, change in history.steps(AlterColumn):
        if change.nullable is False and change.is_resolved and step.effect.scans and not step.new_table:
            yield _found(step, change)


def _found(step: Step, change: AlterColumn) -> Finding:
    table, column = change.table, change.column
    known = step.before is not None and column in step.before.columns
    name = made_name("ck", table, column)
    bare, schema = on_table(table)
    return found(
        step,
        Severity.ERROR,
        f"SET NOT NULL of {table}.{column} looks at every row under {waiting(step.effect)}, until it is done, and fails at"
        " the first that has none",
        f"op.create_check_constraint({quoted(name)}, {bare}, {as_text(f'{quote_part(column)} IS NOT NULL')}{schema},"
        f" postgresql_not_valid=True)\n"
        f"# in the next revision: {executed(f'ALTER TABLE {quote_name(table)} VALIDATE CONSTRAINT {quote_part(name)}')}\n"
        f"# in the one after it, without looking at a row: op.alter_column({bare}, {quoted(column)},"
        f" nullable=False{schema}); op.drop_constraint({quoted(name)}, {bare}{schema})",
        confidence=Confidence.HIGH if known else Confidence.MEDIUM,
    )
