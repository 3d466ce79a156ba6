"""A short lock_timeout is set before something that runs CONCURRENTLY.

Why: CREATE INDEX CONCURRENTLY waits for every transaction of the database that is older, whatever tables that one
uses, and lock_timeout ends this wait too. What is left is an invalid index, which each write still pays for, and which
`IF NOT EXISTS` keeps the next time.

Bad:

    def upgrade():
        op.execute("SET lock_timeout = '5s'")
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_orders_status ON orders (status)")

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.execute("SET lock_timeout = 0")
            op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_orders_status")
            op.execute("CREATE INDEX CONCURRENTLY ix_orders_status ON orders (status)")

Source: https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY

Wrong when: the timeout is no longer in force: SET LOCAL ends with its transaction, a later SET or RESET replaces it. A
timeout of ten minutes or more is taken as meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import Change, History
from forge_doctor.migrations.operations.operation import CreateIndex, Reindex, SetParameter
from forge_doctor.migrations.wording import found

LONG_MS = 600_000


@check(severity=Severity.WARNING)
def concurrently_under_lock_timeout(history: History) -> Iterator[Finding]:
    """Follow lock_timeout through every revision."""
    for change in history.upgrades:
        yield from _in(change)


def _in(change: Change) -> Iterator[Finding]:
    timeout: float | None = None
    for step in change.steps:
        operation = step.operation
        if isinstance(operation, SetParameter) and operation.name == "lock_timeout":
            in_force = not operation.is_local or step.transaction is None
            timeout = operation.value_ms if in_force else timeout
        elif timeout and timeout < LONG_MS and isinstance(operation, CreateIndex | Reindex) and operation.concurrently:
            yield found(
                step,
                Severity.WARNING,
                f"lock_timeout is {timeout / 1000:g} s here: the first transaction of the database that is older than"
                " that ends it, and an invalid index stays",
                'op.execute("SET lock_timeout = 0") right before it, and drop an invalid index before the rerun:'
                " DROP INDEX CONCURRENTLY IF EXISTS",
            )
