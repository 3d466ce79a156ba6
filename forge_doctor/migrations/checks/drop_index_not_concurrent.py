"""An index is dropped under a lock for which reads wait too.

Why: DROP INDEX takes ACCESS EXCLUSIVE on the table. It is short, but it first waits for every transaction that has
read the table, and whoever comes meanwhile waits behind it.

Bad:

    def upgrade():
        op.drop_index("ix_orders_status", "orders")

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.drop_index("ix_orders_status", "orders", postgresql_concurrently=True, if_exists=True)

Source: https://www.postgresql.org/docs/current/sql-dropindex.html

Wrong when: nobody uses the table: one that the same revision creates is left alone. Of a downgrade nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import DropIndex, DropTable
from forge_doctor.migrations.wording import found, on_table, quoted, waiting
from forge_doctor.sql.quoting import split_name


@check(severity=Severity.ERROR)
def drop_index_not_concurrent(history: History) -> Iterator[Finding]:
    """Look at every index dropped on the way up."""
    gone = {(step.revision.id, drop.table) for step, drop in history.steps(DropTable)}
    for step, drop in history.steps(DropIndex):
        table = drop.table or (step.before.name if step.before is not None else "")
        if drop.concurrently or step.new_table or not drop.name or (step.revision.id, table) in gone:
            continue
        name = drop.name.replace(HOLE, "...")
        bare, schema = on_table(table or name)
        on = f", {bare}" if table else ""
        lock = waiting(step.effect) if step.effect.locks else "ACCESS EXCLUSIVE on its table, for which all wait"
        yield found(
            step,
            Severity.ERROR,
            f"the index {name} is dropped under {lock}",
            "with op.get_context().autocommit_block():\n"
            f"    op.drop_index({quoted(split_name(name)[-1])}{on}{schema}, postgresql_concurrently=True, if_exists=True)",
        )
