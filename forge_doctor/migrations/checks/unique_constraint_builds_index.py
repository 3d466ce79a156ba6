"""A constraint builds its index while all who use the table wait.

Why: UNIQUE, PRIMARY KEY and EXCLUDE each need an index, and ADD CONSTRAINT builds it under ACCESS EXCLUSIVE: reads
wait too, until the last row is in it. A unique index made CONCURRENTLY before can be taken over in a moment.

Bad:

    def upgrade():
        op.create_unique_constraint("uq_customers_email", "customers", ["email"])

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index("uq_customers_email", "customers", ["email"], unique=True, postgresql_concurrently=True)
        op.execute("ALTER TABLE customers ADD CONSTRAINT uq_customers_email UNIQUE USING INDEX uq_customers_email")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX

Wrong when: the table has no rows: one that the same revision creates is left alone. An exclusion constraint has no
other way; of it this is said as a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.operation import AddColumn, AddConstraint
from forge_doctor.migrations.wording import executed, found, listed, made_name, on_table, quoted, waiting
from forge_doctor.sql.quoting import quote_name, quote_part

# Neither CREATE INDEX CONCURRENTLY nor USING INDEX is for a partitioned table.
PARTITIONED = (
    "the table is partitioned: make the index of each part first, CONCURRENTLY, then the constraint of each part with USING INDEX,"
    " then that of the table, which takes them over"
)
KINDS = {"unique": "UNIQUE", "primary key": "PRIMARY KEY", "exclude": "EXCLUDE"}


@check(severity=Severity.ERROR)
def unique_constraint_builds_index(history: History) -> Iterator[Finding]:
    """Look at every such constraint added to a table that was there before."""
    for step, added in history.steps(AddConstraint):
        one = added.constraint
        if one.kind in KINDS and not one.using_index and added.is_resolved and not step.new_table:
            yield _found(step, added.table, one.kind, one.name or "", one.columns, history.partitioned)
    for step, column in history.steps(AddColumn):
        one_column = column.column
        is_key = one_column.primary_key or (one_column.unique and not one_column.index)
        if is_key and column.is_resolved and not step.new_table:
            kind = "primary key" if one_column.primary_key else "unique"
            yield _found(step, column.table, kind, "", (one_column.name,), history.partitioned)


def _found(
    step: Step, table: str, kind: str, name: str, columns: tuple[str, ...], partitioned: frozenset[str]
) -> Finding:
    message = f"the {KINDS[kind]} constraint on {table} builds its index under {waiting(step.effect)}, until it is done"
    if kind == "exclude":
        return found(step, Severity.WARNING, message, "add it where nobody uses the table, or while it is small")
    if table in partitioned:
        return found(step, Severity.ERROR, message, PARTITIONED)
    name = name or made_name("pk" if kind == "primary key" else "uq", table, *columns)
    bare, schema = on_table(table)
    index = f"{quoted(name)}, {bare}, {listed(columns)}, unique=True{schema}, postgresql_concurrently=True"
    return found(
        step,
        Severity.ERROR,
        message,
        f"with op.get_context().autocommit_block():\n    op.create_index({index})\n"
        + executed(
            f"ALTER TABLE {quote_name(table)} ADD CONSTRAINT {quote_part(name)} {KINDS[kind]} USING INDEX {quote_part(name)}"
        ),
    )
