"""A new column gets a value of its own in each row, while all who use the table wait.

Why: a constant default, or now(), is stored once, whatever the size of the table. A volatile one (gen_random_uuid(),
clock_timestamp(), random(), nextval()), an identity, a serial and a stored generated column are worked out for every
row: the table is written anew under ACCESS EXCLUSIVE.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("public_id", sa.Uuid, server_default=sa.text("gen_random_uuid()")))

Good:

    def upgrade():
        op.add_column("orders", sa.Column("public_id", sa.Uuid))
        op.alter_column("orders", "public_id", server_default=sa.text("gen_random_uuid()"))

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES (measured on 13 to 18)

Wrong when: the table has no rows: one that the same revision creates is left alone. Only functions that are known to be
volatile count.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.objects import Column
from forge_doctor.migrations.operations.operation import AddColumn
from forge_doctor.migrations.wording import found, on_table, quoted, waiting


@check(severity=Severity.ERROR)
def add_column_rewrites(history: History) -> Iterator[Finding]:
    """Look at every column added to a table that was there before."""
    for step, added in history.steps(AddColumn):
        if step.effect.rewrites and added.is_resolved and not step.new_table:
            yield _found(step, added)


def _found(step: Step, added: AddColumn) -> Finding:
    column = added.column
    bare, schema = on_table(added.table)
    return found(
        step,
        Severity.ERROR,
        f"{added.table}.{column.name} has {_reason(column)}: every row is written anew under {waiting(step.effect)}",
        f"op.add_column({bare}, ...{schema}) without it, then set it for new rows"
        f" (op.alter_column({bare}, {quoted(column.name)}, server_default=...{schema})) and fill the old rows in"
        " chunks in autocommit_block()",
    )


def _reason(column: Column) -> str:
    if column.generated:
        return "a stored generated value"
    if column.identity or column.type.serial:
        return "a number of its own in each row"
    return f"the volatile default {column.default.sql}" if column.default is not None else "a volatile default"
