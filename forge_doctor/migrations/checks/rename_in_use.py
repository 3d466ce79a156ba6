"""A table, column or type is renamed while running code still uses the old name.

Why: a migration runs before, or while, the new code is rolled out. Until the last old process is gone, each of its
statements with the old name fails.

Bad:

    def upgrade():
        op.alter_column("orders", "note", new_column_name="comment")

Good:

    def upgrade():
        op.rename_table("customers", "clients")
        op.execute("CREATE VIEW customers AS SELECT * FROM clients")

Source: https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS

Wrong when: no code runs during the deployment. A view of the old name, another table or type that takes the name over in
the same revision, and what the revision created itself are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import AddColumn, AlterColumn, RenameTable
from forge_doctor.migrations.operations.type_operations import RenameType
from forge_doctor.migrations.wording import found, on_table, quoted, waiting


@check(severity=Severity.ERROR)
def rename_in_use(history: History) -> Iterator[Finding]:
    """Look at every name that is gone after a revision."""
    for change in history.upgrades:
        for step in change.steps:
            told = _told(change, step)
            if told is not None:
                yield told


def _told(change: Change, step: Step) -> Finding | None:
    one = step.operation
    if isinstance(one, RenameTable):
        return None if step.new_table or not one.is_resolved else _table(change, step, one)
    if isinstance(one, AlterColumn) and one.new_name and one.is_resolved and not step.new_table:
        return _column(change, step, one)
    if isinstance(one, RenameType):
        return _type(change, step, one)
    return None


def _table(change: Change, step: Step, one: RenameTable) -> Finding | None:
    if one.table in change.after.tables or one.table in change.after.views:
        return None
    return found(
        step,
        Severity.ERROR,
        f"{one.table} becomes {one.new_name}; running code that still says {one.table} fails until the rollout ends",
        f'a view called {one.table} of all columns of {one.new_name}, made right behind it with op.execute("CREATE VIEW'
        ' ... AS SELECT ..."), and dropped a release later',
    )


def _column(change: Change, step: Step, one: AlterColumn) -> Finding | None:
    added = change.before.tables.get(one.table)
    after = change.after.tables.get(one.table)
    is_new = _adds(change, one) or (added is not None and added.is_complete and one.column not in added.columns)
    if is_new or (after is not None and one.column in after.columns) or one.new_name == one.column:
        return None
    bare, schema = on_table(one.table)
    return found(
        step,
        Severity.ERROR,
        f"{one.table}.{one.column} becomes {one.new_name} under {waiting(step.effect)}; running code that still says"
        f" {one.column} fails until the rollout ends",
        f"op.add_column({bare}, sa.Column({quoted(one.new_name)}, ...){schema}), write both for one release, then drop"
        f" {one.column}",
    )


def _adds(change: Change, one: AlterColumn) -> bool:
    """Whether this very revision added the column: nobody uses it yet."""
    added = (step.operation for step in change.steps if isinstance(step.operation, AddColumn))
    return any((other.table, other.column.name) == (one.table, one.column) for other in added)


def _type(change: Change, step: Step, one: RenameType) -> Finding | None:
    enum = change.before.enums.get(one.name)
    after = change.after.enums.get(one.name)
    if enum is None or (after is not None and (not one.value or one.value in after.values)):
        return None
    what = f"the value {one.value} of {one.name}" if one.value else f"the type {one.name}"
    return found(
        step,
        Severity.ERROR,
        f"{what} becomes {one.new_name}; running code that still sends the old name fails until the rollout ends",
        "add the new name beside the old one, let the application use it, and drop the old one a release later",
    )
