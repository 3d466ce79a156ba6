"""An enumeration type is created that is there already.

Why: `op.create_table` with an Enum column creates the type without asking, and so does CREATE TYPE: where it exists, the
revision fails with "type already exists".

Bad:

    def upgrade():
        scope = sa.Enum("domain", "user", name="config_scope")
        scope.create(op.get_bind(), checkfirst=True)
        op.create_table("configs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("scope", scope))

Good:

    from sqlalchemy.dialects import postgresql

    def upgrade():
        scope = postgresql.ENUM("domain", "user", name="config_scope", create_type=False)
        scope.create(op.get_bind(), checkfirst=True)
        op.create_table("configs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("scope", scope))

Source: https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#sqlalchemy.dialects.postgresql.ENUM.params.create_type

Wrong when: the type was dropped meanwhile by something that could not be followed, or a table of an earlier revision
created it: within one run Alembic remembers that, and only a database that was migrated before fails. Then the
confidence is medium, and so it is for `sa.Enum(create_type=False)`, which SQLAlchemy follows from 2.1 on. Where a test
of the run decides, or a DO block, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import CreateTable, Unresolved
from forge_doctor.migrations.operations.type_operations import CreateEnum, DropType, RenameType
from forge_doctor.migrations.wording import found, on_table


@check(severity=Severity.CRITICAL)
def enum_created_twice(history: History) -> Iterator[Finding]:
    """Follow which types there are through every body."""
    for up, down in history.judged:
        yield from _in(up)
        yield from _in(down)


def _in(change: Change) -> Iterator[Finding]:
    there = {name: enum.since for name, enum in change.before.enums.items() if enum.since}
    by_tables: set[str] = set()  # Alembic remembers, for one run, which types its tables have created
    uncertain = not change.before.is_complete
    for step in change.steps:
        one = step.operation
        uncertain = uncertain or isinstance(one, Unresolved)
        implicit = isinstance(one, CreateTable)
        for name in _created(step):
            if name in there and not (implicit and name in by_tables):
                doubtful = uncertain or (implicit and (_is_by_table(change, name) or _asks_not_to(step, name)))
                sure = Confidence.MEDIUM if doubtful else Confidence.HIGH
                yield _found(step, name, there[name], sure)
            there[name] = change.revision.id
            by_tables |= {name} if implicit else set()
        if isinstance(one, CreateEnum):
            there.setdefault(one.name, change.revision.id)
        elif isinstance(one, RenameType) and not one.value and one.name in there:
            if one.new_name in there and not one.written.conditions:
                yield _found(
                    step, one.new_name, there[one.new_name], Confidence.MEDIUM if uncertain else Confidence.HIGH
                )
            there[one.new_name] = there.pop(one.name)
        elif isinstance(one, DropType):
            there.pop(one.name, None)


def _is_by_table(change: Change, name: str) -> bool:
    """Whether a table of an earlier revision created it: then a run of both revisions at once passes."""
    enum = change.before.enums.get(name)
    return enum is not None and enum.by_table


def _created(step: Step) -> list[str]:
    """The types that an operation creates whether they are there or not."""
    one = step.operation
    if one.written.conditions:  # such as `if` there is none
        return []
    if isinstance(one, CreateEnum):
        return [] if one.checks_first else [one.name]
    if not isinstance(one, CreateTable) or one.if_not_exists:
        return []
    enums = [column.type.enum for column in one.columns]
    wanted = (enum for enum in enums if enum is not None and (enum.creates or enum.asks_not_to))
    return [*dict.fromkeys(enum.name for enum in wanted)]


def _asks_not_to(step: Step, name: str) -> bool:
    """Whether `sa.Enum(create_type=False)` asks for it not to be created, which SQLAlchemy ignores before 2.1."""
    columns = step.operation.columns if isinstance(step.operation, CreateTable) else ()
    return any(column.type.enum is not None and column.type.enum.name == name and column.type.enum.asks_not_to
               for column in columns)  # fmt: skip


def _found(step: Step, name: str, since: str, sure: Confidence) -> Finding:
    by_table = isinstance(step.operation, CreateTable)
    if isinstance(step.operation, RenameType):
        return found(
            step,
            Severity.CRITICAL,
            f'the type {name} is there since {since}, and {step.operation.name} cannot be called so: "type {name} already exists"',
            f"change the columns of {step.operation.name} to {name} (postgresql_using), then drop it; or leave out the rename",
            confidence=sure,
        )
    bare, schema = on_table(name)
    return found(
        step,
        Severity.CRITICAL,
        f'the type {name} is there since {since}, and is created again: "type {name} already exists"',
        f"postgresql.ENUM(..., name={bare}{schema}, create_type=False) in the column"
        if by_table
        else f"sa.Enum(..., name={bare}{schema}).create(op.get_bind(), checkfirst=True)",
        confidence=sure,
    )
