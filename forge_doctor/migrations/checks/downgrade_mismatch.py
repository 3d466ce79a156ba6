"""downgrade() does not undo what upgrade() does.

Why: after it the schema is neither the old one nor the new one: the old code meets tables it does not know, and the next
upgrade fails.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("c", sa.Integer))

    def downgrade():
        op.drop_column("customers", "c")

Good:

    def upgrade():
        op.add_column("orders", sa.Column("c", sa.Integer))

    def downgrade():
        op.drop_column("orders", "c")

Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading

Wrong when: a part of it could not be followed: then only an operation on what is surely not there is told. The schema is
replayed up and down; indexes, constraints, types and NOT NULL that differ are told with medium confidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    OnTable,
    Operation,
)
from forge_doctor.migrations.replay.differences import Difference, differences
from forge_doctor.migrations.wording import found

CERTAIN = frozenset({"table", "column"})
MAKERS: Mapping[str, tuple[type[Operation], type[Operation]]] = {
    "index": (CreateIndex, DropIndex),
    "constraint": (AddConstraint, DropConstraint),
}


@check(severity=Severity.ERROR)
def downgrade_mismatch(history: History) -> Iterator[Finding]:
    """Replay every downgrade on what its upgrade left."""
    for up, down in history.judged:
        if not down.body.is_there or down.body.is_empty or down.body.raises is not None:
            continue
        # What the upgrade could not be read to do may be what the downgrade undoes.
        impossible = [*_impossible(down)] if up.body.is_resolved else []
        yield from impossible
        if not impossible and up.body.is_resolved and down.body.is_resolved:
            yield from _left(up, down)


def _impossible(down: Change) -> Iterator[Finding]:
    """Operations on what is not there, or making what is there."""
    for step in down.steps:
        reason = _reason(step)
        if reason and not step.operation.written.conditions:
            yield found(
                step,
                Severity.ERROR,
                f"{reason} at this point: downgrade() of {down.revision.id} fails here",
                "undo what upgrade() does, last thing first",
            )


def _reason(step: Step) -> str:
    one, table = step.operation, step.before
    if not isinstance(one, OnTable) or not one.is_resolved:
        return ""
    if isinstance(one, CreateTable) and table is not None and table.since and not one.if_not_exists:
        return f"the table {one.table} is there"
    if table is None or not table.is_complete:
        return ""
    if isinstance(one, DropColumn) and one.column not in table.columns and not one.if_exists:
        return f"{one.table} has no column {one.column}"
    if isinstance(one, AlterColumn) and one.column not in table.columns:
        return f"{one.table} has no column {one.column}"
    if isinstance(one, AddColumn) and one.column.name in table.columns and not one.if_not_exists:
        return f"{one.table} has a column {one.column.name}"
    return ""


def _left(up: Change, down: Change) -> Iterator[Finding]:
    conditional = any(step.operation.written.conditions for step in (*up.steps, *down.steps))
    found_ = [one for one in differences(up.before, down.after) if _is_told(up, one)]
    if not found_:
        return
    sure = not conditional and any(one.what in CERTAIN for one in found_)
    step = down.steps[-1]
    yield found(
        step,
        Severity.ERROR,
        f"after downgrade() of {down.revision.id} the schema is not what it was: {'; '.join(map(str, found_[:4]))}"
        f"{'; and more' if len(found_) > 4 else ''}",
        "undo what upgrade() does, last thing first",
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
    )


def _is_told(up: Change, one: Difference) -> bool:
    """What stays is told where this upgrade made it, what does not come back where it was dropped here, and a property
    where it was changed here."""
    table, _, name = one.name.rpartition(".")
    if one.what == "table" and one.left:
        # One that no revision made may have been there all the same: by create_all, or by hand.
        return any(isinstance(step.operation, CreateTable) and step.operation.table == one.name for step in up.steps)
    if one.what == "column" and one.left and _has(up, DropColumn, table, name):
        return False
    if one.what == "column":
        return _has(up, AddColumn if one.left else DropColumn, table, name)
    if one.what in ("index", "constraint"):
        maker, dropper = MAKERS[one.what]
        return _names(up, maker if one.left else dropper, one.name) and not (one.left and _names(up, dropper, one.name))
    if one.what in ("type", "nullable"):
        changes = (step.operation for step in up.steps if isinstance(step.operation, AlterColumn))
        return any((c.table, c.column) == (table, name) and getattr(c, one.what) is not None for c in changes)
    return True


def _has(up: Change, kind: type[AddColumn | DropColumn], table: str, column: str) -> bool:
    found_ = (step.operation for step in up.steps if isinstance(step.operation, kind))
    return any((one.table, one.column_name) == (table, column) for one in found_)


def _names(up: Change, kind: type[Operation], name: str) -> bool:
    """Whether an operation of that kind names the index or constraint."""
    for step in up.steps:
        one = step.operation
        if isinstance(one, kind):
            inner = getattr(one, "index", None) or getattr(one, "constraint", one)
            if getattr(inner, "name", None) == name:
                return True
    return False
