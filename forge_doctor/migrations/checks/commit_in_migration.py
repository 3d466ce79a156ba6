"""A migration commits on its own.

Why: on the connection of `op.get_bind()` it ends Alembic's transaction: what follows in the revision is no longer atomic
with it, and Alembic stops with "Can't operate on closed transaction". A Session bound to that connection does nothing of
the kind in SQLAlchemy 2, and the row is not safe where the code says so.

Bad:

    from sqlalchemy.orm import Session

    def upgrade():
        session = Session(bind=op.get_bind())
        session.execute(sa.text("UPDATE settings SET value = 'b' WHERE id = 1"))
        session.commit()

Good:

    def upgrade():
        op.execute("UPDATE settings SET value = 'b' WHERE id = 1")

Source: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#joining-a-session-into-an-external-transaction-such-as-for-test-suites

Wrong when: the commit is of a connection of its own, or of an autocommit block, which is left alone. Where it is not
known whose commit it is, the confidence is low.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History, Step
from forge_doctor.migrations.operations.operation import EndTransaction
from forge_doctor.migrations.wording import found


@check(severity=Severity.WARNING)
def commit_in_migration(history: History) -> Iterator[Finding]:
    """Look for calls of commit()."""
    for direction in (UPGRADE, DOWNGRADE):
        for step, one in history.steps(EndTransaction, direction):
            if one.how == ".commit()" and not one.written.autocommit:
                yield _found(step)


def _found(step: Step) -> Finding:
    return found(
        step,
        Severity.WARNING,
        "this commits on its own: on Alembic's connection the rest of the revision is no longer atomic with it",
        "leave it out: Alembic commits at the end; what must be committed in parts belongs in"
        " op.get_context().autocommit_block()",
        confidence=Confidence.MEDIUM,
    )
