"""A column of an enumeration type is added, and nothing creates the type.

Why: `op.create_table` creates the types of its columns, `op.add_column` and `op.alter_column` do not: the revision fails
with "type does not exist".

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("kind", sa.Enum("card", "cash", name="payment_kind")))

Good:

    def upgrade():
        kind = sa.Enum("card", "cash", name="payment_kind")
        kind.create(op.get_bind(), checkfirst=True)
        op.add_column("orders", sa.Column("kind", kind))

Source: https://github.com/sqlalchemy/alembic/issues/1612 (seen with Alembic 1.20.1 on PostgreSQL 18)

Wrong when: the type was created by something that could not be followed. High confidence needs every operation of all
revisions before to be known.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.objects import EnumType
from forge_doctor.migrations.operations.operation import AddColumn, AlterColumn, CreateTable, Unresolved
from forge_doctor.migrations.operations.type_operations import CreateEnum, RenameType
from forge_doctor.migrations.wording import found, on_table


@check(severity=Severity.CRITICAL)
def enum_type_missing(history: History) -> Iterator[Finding]:
    """Look at every column that gets an enumeration type."""
    if not history.changes or not all(up.before.is_complete for up, _ in history.changes[:1]):
        return
    for change in history.upgrades:
        if change.before.is_complete:
            yield from _in(change)


def _in(change: Change) -> Iterator[Finding]:
    there = set(change.before.enums)
    for step in change.steps:
        one = step.operation
        enum = _needed(step)
        if isinstance(one, Unresolved):
            return
        if enum is not None and enum.name not in there:
            yield _found(step, enum)
        if isinstance(one, CreateEnum | RenameType):
            there |= {one.name, getattr(one, "new_name", one.name)}
        elif isinstance(one, CreateTable):
            there |= {column.type.enum.name for column in one.columns if column.type.enum is not None}


def _needed(step: Step) -> EnumType | None:
    one = step.operation
    if isinstance(one, AddColumn):
        return one.column.type.enum
    return one.type.enum if isinstance(one, AlterColumn) and one.type is not None else None


def _found(step: Step, enum: EnumType) -> Finding:
    bare, schema = on_table(enum.name)
    return found(
        step,
        Severity.CRITICAL,
        f'no revision creates the type {enum.name} before this: "type {enum.name} does not exist"',
        f"sa.Enum(..., name={bare}{schema}).create(op.get_bind(), checkfirst=True) before it",
        confidence=Confidence.HIGH,
    )
