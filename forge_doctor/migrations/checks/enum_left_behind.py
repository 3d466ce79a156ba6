"""The downgrade leaves an enumeration type behind that the upgrade creates.

Why: `op.drop_table` does not drop the types of its columns. The downgrade works, and the next upgrade fails with "type
already exists".

Bad:

    def upgrade():
        op.create_table("payments", sa.Column("kind", sa.Enum("card", "cash", name="payment_kind")))

    def downgrade():
        op.drop_table("payments")

Good:

    def upgrade():
        op.create_table("payments", sa.Column("kind", sa.Enum("card", "cash", name="payment_kind")))

    def downgrade():
        op.drop_table("payments")
        sa.Enum(name="payment_kind").drop(op.get_bind())

Source: https://github.com/sqlalchemy/alembic/issues/1612

Wrong when: the type is created only where it is missing: then the second upgrade works, and nothing is said. A downgrade
that is empty, gives up, or does something that could not be followed is left to others.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.dataclass import replace
from forge_doctor.finding import Finding, Location, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import CreateTable, Operation
from forge_doctor.migrations.operations.type_operations import CreateEnum, DropType, RenameType
from forge_doctor.migrations.wording import found, on_table


@check(severity=Severity.ERROR)
def enum_left_behind(history: History) -> Iterator[Finding]:
    """Compare the types before a revision and after its downgrade."""
    for up, down in history.judged:
        if down.body.is_empty or down.body.raises is not None or not down.body.is_resolved:
            continue
        told = set(up.before.enums)
        for step in up.steps:
            if isinstance(step.operation, DropType | RenameType):
                told.add(step.operation.name)  # one of that name was there, and is to be there again
            for name, place in _created(step.operation):
                if name in down.after.enums and name not in told:
                    told.add(name)
                    yield _found(step, name, place, down)


def _created(one: Operation) -> Iterator[tuple[str, Location | None]]:
    if isinstance(one, CreateEnum) and not one.checks_first and not one.written.conditions:
        yield one.name, None
    if isinstance(one, CreateTable) and not one.if_not_exists:
        for column in one.columns:
            if column.type.enum is not None and column.type.enum.creates:
                yield column.type.enum.name, column.location


def _found(step: Step, name: str, place: Location | None, down: Change) -> Finding:
    bare, schema = on_table(name)
    told = found(
        step,
        Severity.ERROR,
        f'the type {name} stays after downgrade() of {down.revision.id}: the second upgrade fails, "type {name} already'
        ' exists"',
        f"sa.Enum(name={bare}{schema}).drop(op.get_bind()) at the end of downgrade()",
    )
    return told if place is None else replace(told, location=place)
