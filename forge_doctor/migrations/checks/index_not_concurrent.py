"""An index is built while writers of a live table wait.

Why: CREATE INDEX takes SHARE on its table: from the first row to the last, and until the transaction ends, every
INSERT, UPDATE and DELETE of it waits. `Column(index=True)` in `add_column` is worse: the ACCESS EXCLUSIVE lock of ADD
COLUMN is held meanwhile, and reads wait too.

Bad:

    def upgrade():
        op.create_index("ix_orders_customer", "orders", ["customer_id"])

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index(
                "ix_orders_customer", "orders", ["customer_id"], postgresql_concurrently=True, if_not_exists=True
            )

Source: https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY

Wrong when: nobody uses the table yet. A table or view that the same revision creates is left alone, and so is a
temporary one; a partitioned table knows no CONCURRENTLY: of one that a revision made as such, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History, Step
from forge_doctor.migrations.index_calls import index_call, plain_call
from forge_doctor.migrations.operations.operation import AddColumn, CreateIndex
from forge_doctor.migrations.wording import found, made_name, waiting


@check(severity=Severity.ERROR)
def index_not_concurrent(history: History) -> Iterator[Finding]:
    """Look at every index made on a table that was there before."""
    partitioned = history.partitioned
    for step, index in history.steps(CreateIndex):
        is_live = index.is_resolved and not step.new_table and index.table not in partitioned
        if is_live and not index.concurrently and not _exists(step, index):
            yield _found(step, index.index.name or "", index.table, index_call(index))
    for step, added in history.steps(AddColumn):
        column = added.column
        if column.index and added.is_resolved and not step.new_table and added.table not in partitioned:
            name = made_name("ix", added.table, column.name)
            yield _found(step, name, added.table, plain_call(name, added.table, (column.name,), unique=column.unique))


def _exists(step: Step, index: CreateIndex) -> bool:
    """Whether it is there already, and IF NOT EXISTS leaves it alone."""
    name = index.index.name
    return bool(name and index.if_not_exists and step.before is not None and step.before.index(name))


def _found(step: Step, name: str, table: str, call: str) -> Finding:
    return found(
        step,
        Severity.ERROR,
        f"the index {name or 'without a name'} on {table} is built under {waiting(step.effect)}, until it is done",
        "with op.get_context().autocommit_block():\n" + indent(call, "    "),
    )
