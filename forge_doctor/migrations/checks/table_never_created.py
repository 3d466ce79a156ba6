"""The tree changes a table that no revision creates: it does not build a database from nothing.

Why: `alembic upgrade head` on an empty database fails with "relation does not exist": no new developer, no test and no
second deployment gets a database by it.

Bad:

    # revision a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Good:

    # revision a001
    def upgrade():
        op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))

    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html#building-an-up-to-date-database-from-scratch

Wrong when: something else creates the tables before, such as create_all() at the first start. It is told once a tree, and
only where everything the revisions before do is known; tables with a schema of their own are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    DropColumn,
    DropConstraint,
    OnTable,
)
from forge_doctor.migrations.wording import found

NEEDING = (AddColumn, DropColumn, AlterColumn, CreateIndex, AddConstraint, DropConstraint)


@check(severity=Severity.WARNING)
def table_never_created(history: History) -> Iterator[Finding]:
    """Look for the first table of the tree that is changed and not created."""
    if history.tree.unread or history.tree.graph.missing:
        return
    for change, _ in history.changes:
        if not change.before.is_complete or not change.body.is_resolved:
            return
        for step in change.steps:
            if _is_missing(change, step):
                if history.only is None or change.revision.id in history.only:
                    yield _found(step)
                return


def _is_missing(change: Change, step: Step) -> bool:
    one = step.operation
    if not isinstance(one, NEEDING) or not isinstance(one, OnTable):
        return False
    written = one.written
    known = (step.before is not None and bool(step.before.since)) or step.new_table or one.table in change.after.views
    is_certain = not (written.conditions or written.callers or written.repeated or written.helper)
    return not known and "." not in one.table and is_certain and not getattr(one, "if_exists", False)


def _found(step: Step) -> Finding:
    table = getattr(step.operation, "table", "")
    return found(
        step,
        Severity.WARNING,
        f"no revision creates {table}, so that `alembic upgrade head` on an empty database fails here",
        "a first revision that creates what is there (`alembic revision --autogenerate` against an empty database), stamped"
        " on the databases that have it",
        confidence=Confidence.MEDIUM,
    )
