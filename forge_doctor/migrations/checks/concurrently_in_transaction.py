"""CONCURRENTLY is asked for inside a transaction, which the server refuses.

Why: PostgreSQL ends it with "CREATE INDEX CONCURRENTLY cannot run inside a transaction block", and Alembic runs each
revision in a transaction: the migration fails on every database.

Bad:

    def upgrade():
        op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)

Good:

    def upgrade():
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)

Source: https://alembic.sqlalchemy.org/en/latest/api/runtime.html#alembic.runtime.migration.MigrationContext.autocommit_block

Wrong when: no transaction is around it: an autocommit block, or a COMMIT sent before, is seen; where env.py speaks of
AUTOCOMMIT or of `transactional_ddl`, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History, Step
from forge_doctor.migrations.operations.operation import (
    AlterTable,
    CreateIndex,
    DropIndex,
    Operation,
    Reindex,
    SeveralStatements,
)
from forge_doctor.migrations.wording import found

COMMANDS = {CreateIndex: "CREATE INDEX", DropIndex: "DROP INDEX", Reindex: "REINDEX"}


@check(severity=Severity.CRITICAL)
def concurrently_in_transaction(history: History) -> Iterator[Finding]:
    """Look at what runs concurrently, both ways."""
    env = history.tree.env
    if env is not None and env.mentions(b"AUTOCOMMIT", b"transactional_ddl"):
        return
    for direction in (UPGRADE, DOWNGRADE):
        several = {_call(step) for step, _ in history.steps(SeveralStatements, direction)}
        for step, operation in history.steps(Operation, direction):
            command = _command(operation)
            if command and step.transaction is not None:
                yield _found(step, command)
            elif command and operation.written.is_sql and _call(step) in several:
                yield _together(step, command)


def _call(step: Step) -> tuple[str, int]:
    """Which call of which revision an operation is of."""
    return step.revision.id, step.operation.written.call


def _together(step: Step, command: str) -> Finding:
    return found(
        step,
        Severity.CRITICAL,
        f"{command} is one of several statements of a call: PostgreSQL runs them as one transaction, autocommit or not, and"
        " it fails on every database",
        "one op.execute() for each statement, inside the autocommit_block()",
    )


def _command(operation: Operation) -> str:
    if isinstance(operation, CreateIndex | DropIndex | Reindex):
        return f"{COMMANDS[type(operation)]} CONCURRENTLY" if operation.concurrently else ""
    if isinstance(operation, AlterTable) and operation.what == "AT_DetachPartition" and operation.concurrently:
        return "ALTER TABLE ... DETACH CONCURRENTLY"
    return "VACUUM" if isinstance(operation, AlterTable) and operation.what.startswith("VACUUM") else ""


def _found(step: Step, command: str) -> Finding:
    return found(
        step,
        Severity.CRITICAL,
        f"{command} cannot run inside a transaction block, and {step.direction}() of {step.revision.id} runs in one: it"
        " fails on every database",
        f"with op.get_context().autocommit_block():\n    {step.operation.written.text[:200]}",
    )
