"""COMMIT or ROLLBACK is sent to the server, behind Alembic's back.

Why: Alembic's transaction is over, and Alembic does not know. What comes next in the revision is no longer atomic: where
it fails, the half before stays, and the version table says it never ran.

Bad:

    def upgrade():
        op.execute("COMMIT")
        op.create_index("ix_orders_status", "orders", ["status"], postgresql_concurrently=True)

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_status", "orders", ["status"], postgresql_concurrently=True)

Source: https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block

Wrong when: never: the statement is read by PostgreSQL's own parser.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History
from forge_doctor.migrations.operations.operation import EndTransaction
from forge_doctor.migrations.wording import found


@check(severity=Severity.ERROR)
def raw_commit(history: History) -> Iterator[Finding]:
    """Look for the statements that end a transaction."""
    for direction in (UPGRADE, DOWNGRADE):
        for step, one in history.steps(EndTransaction, direction):
            if one.how == "sql" and one.what in ("COMMIT", "ROLLBACK"):
                yield found(
                    step,
                    Severity.ERROR,
                    f"{one.what} ends the transaction that Alembic believes it is in: the rest of {step.revision.id} is not"
                    " atomic, and the version is written apart from it",
                    "with op.get_context().autocommit_block():\n    # what needs no transaction around it",
                )
