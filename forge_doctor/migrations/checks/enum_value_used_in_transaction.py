"""A new value of an enumeration is used in the transaction that adds it.

Why: PostgreSQL refuses it with "unsafe use of new value", but only where the type is older than the transaction: a test
that runs all revisions on an empty database in one transaction passes.

Bad:

    # revision b002 after a001
    def upgrade():
        op.execute("CREATE TYPE kind AS ENUM ('user')")
        op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

    # revision b003 after b002
    def upgrade():
        op.execute("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'system'")
        op.execute("UPDATE orders SET kind = 'system' WHERE id = 1")

Good:

    # revision b002 after a001
    def upgrade():
        op.execute("CREATE TYPE kind AS ENUM ('user')")
        op.add_column("orders", sa.Column("kind", sa.Enum("user", name="kind")))

    # revision b003 after b002
    def upgrade():
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'system'")
        op.execute("UPDATE orders SET kind = 'system' WHERE id = 1")

Source: https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES

Wrong when: the same string belongs to another column. High confidence needs a table with a column of the type in the
statement; a type that the same revision creates may be used at once and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import AddColumn, AddConstraint, AlterColumn, ChangeRows, OtherSql
from forge_doctor.migrations.operations.type_operations import AddEnumValue
from forge_doctor.migrations.wording import executed, found
from forge_doctor.sql.quoting import quote_literal, quote_name


@check(severity=Severity.CRITICAL)
def enum_value_used_in_transaction(history: History) -> Iterator[Finding]:
    """Look behind every ADD VALUE in a transaction."""
    for change in history.upgrades:
        for at, step in enumerate(change.steps):
            one = step.operation
            if isinstance(one, AddEnumValue) and step.transaction is not None and not _is_new(change, one.name):
                yield from _uses(change, step, one, change.steps[at + 1 :])


def _is_new(change: Change, name: str) -> bool:
    enum = change.after.enums.get(name)
    return enum is not None and enum.since == change.revision.id


def _uses(change: Change, added: Step, one: AddEnumValue, behind: tuple[Step, ...]) -> Iterator[Finding]:
    for step in behind:
        if step.transaction != added.transaction:
            return
        if one.value in _strings(step):
            yield found(
                step,
                Severity.CRITICAL,
                f'the value {one.value!r} of {one.name} is used in the transaction that adds it: "unsafe use of new'
                ' value" on every database that has the type',
                "with op.get_context().autocommit_block():\n    "
                + executed(f"ALTER TYPE {quote_name(one.name)} ADD VALUE IF NOT EXISTS {quote_literal(one.value)}"),
                confidence=Confidence.HIGH if _has_column(change, step, one.name) else Confidence.MEDIUM,
                related=(Related(message="added here", location=added.location),),
            )
            return


def _strings(step: Step) -> tuple[str, ...]:
    one = step.operation
    if isinstance(one, ChangeRows | OtherSql):
        return one.strings if not isinstance(one, OtherSql) or one.kind == "SelectStmt" else ()
    if isinstance(one, AlterColumn | AddColumn):
        default = one.default if isinstance(one, AlterColumn) else one.column.default
        return () if default is None else tuple(default.sql.split("'"))
    return tuple(one.constraint.expression.split("'")) if isinstance(one, AddConstraint) else ()


def _has_column(change: Change, step: Step, enum: str) -> bool:
    """Whether a table of the statement has a column of the type."""
    one = step.operation
    named = {getattr(one, "table", ""), *getattr(one, "reads", ()), *getattr(one, "tables", ())}
    tables = (change.after.tables.get(name) for name in named)
    return any(column.type.name == enum for table in tables if table is not None for column in table.columns.values())
