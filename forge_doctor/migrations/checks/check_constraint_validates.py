"""A CHECK looks at every row while all who use the table wait.

Why: ADD CONSTRAINT ... CHECK takes ACCESS EXCLUSIVE and reads the whole table before it lets go. NOT VALID skips the
reading, and VALIDATE in a later transaction does it under a lock for which nobody waits.

Bad:

    def upgrade():
        op.create_check_constraint("ck_orders_total", "orders", "total >= 0")

Good:

    # revision b002 after a001
    def upgrade():
        op.create_check_constraint("ck_orders_total", "orders", "total >= 0", postgresql_not_valid=True)

    # revision b003 after b002
    def upgrade():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_total")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES

Wrong when: the table has no rows: one that the same revision creates is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.operations.objects import Constraint
from forge_doctor.migrations.operations.operation import AddColumn, AddConstraint
from forge_doctor.migrations.wording import as_text, executed, found, made_name, on_table, quoted, waiting
from forge_doctor.redaction import redact_source
from forge_doctor.sql.quoting import quote_name, quote_part


@check(severity=Severity.ERROR)
def check_constraint_validates(history: History) -> Iterator[Finding]:
    """Look at every CHECK added to a table that was there before."""
    for step, added in history.steps(AddConstraint):
        one = added.constraint
        if one.kind in ("check", "not null") and not one.not_valid and added.is_resolved and not step.new_table:
            yield _found(step, added.table, one)
    for step, column in history.steps(AddColumn):
        for one in column.column.constraints:
            if one.kind == "check" and column.is_resolved and not step.new_table:
                yield _found(step, column.table, one)


def _found(step: Step, table: str, one: Constraint) -> Finding:
    name = one.name or made_name("ck", table)
    # A condition that has a secret in it is not written out again, nor with a hole in it.
    told = bool(one.expression) and HOLE not in one.expression and redact_source(one.expression) == one.expression
    condition = as_text(one.expression) if told else "..."
    bare, schema = on_table(table)
    return found(
        step,
        Severity.ERROR,
        f"the CHECK {name} looks at every row of {table} under {waiting(step.effect)}, until it is done",
        f"op.create_check_constraint({quoted(name)}, {bare}, {condition}{schema}, postgresql_not_valid=True)\n"
        f"# in the next revision: {executed(f'ALTER TABLE {quote_name(table)} VALIDATE CONSTRAINT {quote_part(name)}')}",
    )
