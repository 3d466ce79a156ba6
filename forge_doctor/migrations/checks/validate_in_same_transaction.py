"""A constraint is added NOT VALID and validated in the same transaction.

Why: the lock of ADD CONSTRAINT is held until the transaction ends, so that VALIDATE reads the whole table under it:
what NOT VALID was to spare is paid all the same.

Bad:

    def upgrade():
        op.create_check_constraint("ck_orders_note", "orders", "length(note) < 999", postgresql_not_valid=True)
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_note")

Good:

    # revision b002 after a001
    def upgrade():
        op.create_check_constraint("ck_orders_note", "orders", "length(note) < 999", postgresql_not_valid=True)

    # revision b003 after b002
    def upgrade():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_note")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES

Wrong when: the transaction ended between the two: an autocommit block or a COMMIT between them is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import AddConstraint, ValidateConstraint
from forge_doctor.migrations.wording import executed, found, waiting
from forge_doctor.sql.quoting import quote_name, quote_part


@check(severity=Severity.ERROR)
def validate_in_same_transaction(history: History) -> Iterator[Finding]:
    """Look at what was added before in the transaction of every VALIDATE."""
    for change in history.upgrades:
        for step in change.steps:
            operation = step.operation
            if isinstance(operation, ValidateConstraint) and step.transaction is not None and not step.new_table:
                added = _added(change, step, operation)
                if added is not None:
                    yield _found(step, operation, added)


def _added(change: Change, at: Step, validate: ValidateConstraint) -> Step | None:
    for step in change.steps:
        if step is at:
            return None
        one = step.operation
        if isinstance(one, AddConstraint) and step.transaction == at.transaction and _is_of(one, validate):
            return step
    return None


def _is_of(added: AddConstraint, validate: ValidateConstraint) -> bool:
    return (added.table, added.constraint.name) == (validate.table, validate.name)


def _found(step: Step, validate: ValidateConstraint, added: Step) -> Finding:
    return found(
        step,
        Severity.ERROR,
        f"{validate.name} is validated while this transaction still holds {waiting(added.effect)}",
        "move it into the next revision, with transaction_per_migration=True in env.py's context.configure(), or:\n"
        "with op.get_context().autocommit_block():\n"
        "    " + executed(f"ALTER TABLE {quote_name(validate.table)} VALIDATE CONSTRAINT {quote_part(validate.name)}"),
        related=(Related(message="added here", location=added.location),),
    )
