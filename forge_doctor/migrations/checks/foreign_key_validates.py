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
from forge_doctor.migrations.wording import executed, found, listed, made_name, on_table, quoted, waiting
from forge_doctor.sql.quoting import quote_name, quote_part

BEFORE_18 = "\n# the table is partitioned, of which no server before 18 takes NOT VALID: there on each part, first"


@check(severity=Severity.ERROR)
def foreign_key_validates(history: History) -> Iterator[Finding]:
    """Look at every key added to a table that was there before."""
    for step, added in history.steps(AddConstraint):
        key = added.constraint
        if key.kind == "foreign key" and not key.not_valid and added.is_resolved and not step.new_table:
            yield _found(step, added.table, key, is_partitioned=added.table in history.partitioned)
    for step, column in history.steps(AddColumn):
        for key in column.column.constraints:
            if key.kind == "foreign key" and column.is_resolved and not step.new_table:
                yield _found(step, column.table, key, is_partitioned=column.table in history.partitioned)


def _found(step: Step, table: str, key: Constraint, *, is_partitioned: bool) -> Finding:
    name = key.name or made_name("fk", table, *key.columns)
    source, source_schema = on_table(table)
    target, target_schema = on_table(key.target)
    parts = (
        *(quoted(name), source, target, listed(key.columns), listed(key.target_columns or ("id",))),
        *(one.replace(", schema", "source_schema", 1) for one in (source_schema,) if one),
        *(one.replace(", schema", "referent_schema", 1) for one in (target_schema,) if one),
    )
    return found(
        step,
        Severity.ERROR,
        f"the foreign key from {table} to {key.target} looks up every row under {waiting(step.effect)}, until it is done",
        f"op.create_foreign_key({', '.join(parts)}, postgresql_not_valid=True)\n"
        f"# in the next revision: {executed(f'ALTER TABLE {quote_name(table)} VALIDATE CONSTRAINT {quote_part(name)}')}"
        + (BEFORE_18 if is_partitioned else ""),
    )
