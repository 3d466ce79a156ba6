"""A table or column is dropped with what is in it.

Why: the data is gone, and no downgrade brings it back; and until the last old process is gone, each of its statements
that names it fails (SQLAlchemy names every column of a model).

Bad:

    def upgrade():
        op.drop_column("orders", "payload")

Good:

    def upgrade():
        op.alter_column("orders", "payload", comment="no longer read since this release, to be dropped in the next")

Source: https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN

Wrong when: the code that reads it was taken out a release ago, which no revision tells. What the same revision created,
and a column or table whose name another takes over in it, are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.drops import replacements
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import AddColumn, DropColumn, DropTable
from forge_doctor.migrations.wording import found, waiting


@check(severity=Severity.WARNING)
def destructive_drop(history: History) -> Iterator[Finding]:
    """Look at what every revision drops."""
    for change in history.upgrades:
        told = {id(one.drop) for one in replacements(change)}
        for step in change.steps:
            if isinstance(step.operation, DropTable | DropColumn) and id(step) not in told and is_lost(change, step):
                yield _found(step, step.operation)


def is_lost(change: Change, step: Step) -> bool:
    """Whether it was there before the revision, and nothing has its name behind it."""
    one = step.operation
    if not isinstance(one, DropTable | DropColumn) or step.new_table or not one.is_resolved:
        return False
    after, before = change.after.tables.get(one.table), change.before.tables.get(one.table)
    if isinstance(one, DropTable):
        return after is None and one.table not in change.after.views
    is_own = _adds(change, one) or (before is not None and before.is_complete and one.column not in before.columns)
    return not is_own and not (after is not None and one.column in after.columns)


def _adds(change: Change, one: DropColumn) -> bool:
    """Whether the first this revision does to the column is to add it."""
    for step in change.steps:
        other = step.operation
        if isinstance(other, AddColumn) and (other.table, other.column.name) == (one.table, one.column):
            return True
        if other is one:
            return False
    return False


def _found(step: Step, one: DropTable | DropColumn) -> Finding:
    name = one.table if isinstance(one, DropTable) else f"{one.table}.{one.column}"
    return found(
        step,
        Severity.WARNING,
        f"{name} is dropped with its data, under {waiting(step.effect)}; running code that names it fails until the"
        " rollout ends",
        "in two releases: first one whose code no longer names it (of a column: no attribute of the model either), then"
        " this revision",
    )
