"""A foreign key checks every row at once, while writers of both tables wait.

Why: ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on the table and on the one it refers to, and holds both while it looks
up each row. With `add_column(Column(ForeignKey))` the new column is empty, yet the table is read through all the same,
under the ACCESS EXCLUSIVE lock of ADD COLUMN.

Bad:

    def upgrade():
        op.create_foreign_key("fk_orders_customer", "orders", "customers", ["customer_id"], ["id"])

Good:

    # revision b002 after a001
    def upgrade():
        op.create_foreign_key(
            "fk_orders_customer", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True
        )

    # revision b003 after b002
    def upgrade():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_customer")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES

Wrong when: the table has no rows: one that the same revision creates is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.objects import Constraint
from forge_doctor.migrations.operations.operation import AddColumn, AddConstraint
from forge_doctor.migrations.wording import executed, found, listed, quoted, waiting
from forge_doctor.sql.quoting import quote_name, quote_part


@check(severity=Severity.ERROR)
def foreign_key_validates(history: History) -> Iterator[Finding]:
    """Look at every key added to a table that was there before."""
    for step, added in history.steps(AddConstraint):
        key = added.constraint
        if key.kind == "foreign key" and not key.not_valid and added.is_resolved and not step.new_table:
            yield _found(step, added.table, key)
    for step, column in history.steps(AddColumn):
        for key in column.column.constraints:
            if key.kind == "foreign key" and column.is_resolved and not step.new_table:
                yield _found(step, column.table, key)


def _found(step: Step, table: str, key: Constraint) -> Finding:
    name = key.name or f"fk_{table.rpartition('.')[2]}_{'_'.join(key.columns)}"
    parts = (
        quoted(name),
        quoted(table),
        quoted(key.target),
        listed(key.columns),
        listed(key.target_columns or ("id",)),
    )
    return found(
        step,
        Severity.ERROR,
        f"the foreign key from {table} to {key.target} looks up every row under {waiting(step.effect)}, until it is done",
        f"op.create_foreign_key({', '.join(parts)}, postgresql_not_valid=True)\n"
        f"# in the next revision: {executed(f'ALTER TABLE {quote_name(table)} VALIDATE CONSTRAINT {quote_part(name)}')}",
    )
