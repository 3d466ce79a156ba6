"""Something runs CONCURRENTLY while env.py holds an advisory lock that other processes wait for.

Why: CREATE INDEX CONCURRENTLY waits until every transaction that is older has ended, and a second process that stands in
`SELECT pg_advisory_lock(...)` is one. Each waits for the other: PostgreSQL ends one of them with "deadlock detected", and
where it is the index, an invalid one stays. One process alone never meets it.

Bad:

    # file: env.py
    connection.execute(text("SELECT pg_advisory_lock(727001)"))

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_status", "orders", ["status"], postgresql_concurrently=True)

Good:

    # file: env.py
    while not connection.scalar(text("SELECT pg_try_advisory_lock(727001)")):
        time.sleep(1)

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_status", "orders", ["status"], postgresql_concurrently=True)

Source: https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY; on PostgreSQL 18 an index
built under pg_advisory_lock() while another session waited for that lock ended in "deadlock detected"

Wrong when: only one process ever migrates, or the lock is let go before: that is why the confidence is medium.
pg_advisory_xact_lock ends with the transaction that autocommit_block() commits, and pg_try_advisory_lock waits for nobody:
both are left alone. Looked at are env.py and the modules of the project that it imports.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import CreateIndex, DropIndex, Operation, Reindex
from forge_doctor.migrations.wording import found

BLOCKING = b"pg_advisory_lock("


@check(severity=Severity.WARNING)
def concurrently_under_advisory_lock(history: History) -> Iterator[Finding]:
    """Look at what runs concurrently where a session lock is taken first."""
    env = history.tree.env
    if env is None or not (env.mentions(BLOCKING) or history.tree.nearby.mentions(BLOCKING)):
        return
    for step, operation in history.steps(Operation):
        if isinstance(operation, CreateIndex | DropIndex | Reindex) and operation.concurrently:
            yield found(
                step,
                Severity.WARNING,
                "env.py holds pg_advisory_lock() here, and this waits for every process that waits for it: deadlock detected,"
                " and an index that is left invalid",
                'in env.py wait by asking again: while not connection.scalar(text("SELECT pg_try_advisory_lock(727001)")):'
                " time.sleep(1)",
                confidence=Confidence.MEDIUM,
            )
