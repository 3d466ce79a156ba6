"""downgrade() drops what something else still refers to.

Why: PostgreSQL refuses it ("cannot drop table parents because other objects depend on it"), and the downgrade fails on
every database.

Bad:

    def upgrade():
        op.create_table("parents", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("children", sa.Column("parent_id", sa.Integer, sa.ForeignKey("parents.id")))

    def downgrade():
        op.drop_table("parents")
        op.drop_table("children")

Good:

    def upgrade():
        op.create_table("parents", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("children", sa.Column("parent_id", sa.Integer, sa.ForeignKey("parents.id")))

    def downgrade():
        op.drop_table("children")
        op.drop_table("parents")

Source: https://www.postgresql.org/docs/current/ddl-depend.html

Wrong when: the foreign key, or the column of the type, is gone by then in a way that could not be followed: then the
confidence is medium. CASCADE is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.literals import HOLE
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import DropConstraint, DropTable, DropType
from forge_doctor.migrations.replay.apply import apply
from forge_doctor.migrations.replay.schema import Schema
from forge_doctor.migrations.wording import found


@check(severity=Severity.ERROR)
def downgrade_order(history: History) -> Iterator[Finding]:
    """Replay every downgrade that drops a table or type, and look who needs it."""
    for _, down in history.judged:
        if any(isinstance(step.operation, DropTable | DropType) for step in down.steps):
            earlier = {one.id for one in history.tree.graph.ancestors(down.revision)} | {down.revision.id}
            yield from _in(down, earlier)


def _in(down: Change, earlier: set[str]) -> Iterator[Finding]:
    schema = down.before.copy()
    freed: set[str] = set()
    for step in down.steps:
        # What another branch made need not be there, and a constraint without a name may be any.
        users = tuple(name for name in _users(step, schema, earlier) if name.partition(".")[0] not in freed)
        if users:
            yield _found(down, step, users)
        if isinstance(step.operation, DropConstraint) and HOLE in (step.operation.name or HOLE):
            freed.add(step.operation.table)
        apply(schema, step.operation, down.revision.id)


def _users(step: Step, schema: Schema, earlier: set[str]) -> tuple[str, ...]:
    """Who refers to what is dropped, of what the revisions before made."""
    one = step.operation
    tables = [table for table in schema.tables.values() if not table.since or table.since in earlier]
    if isinstance(one, DropTable) and not one.cascade:
        return tuple(
            table.name
            for table in tables
            if table.name != one.table and any(key.target == one.table for key in table.constraints)
        )
    if isinstance(one, DropType) and not one.cascade:
        return tuple(
            f"{table.name}.{column.name}"
            for table in tables
            for column in table.columns.values()
            if column.type.name == one.name and table.since
        )
    return ()


def _found(down: Change, step: Step, users: tuple[str, ...]) -> Finding:
    one = step.operation
    what = one.table if isinstance(one, DropTable) else getattr(one, "name", "")
    return found(
        step,
        Severity.ERROR,
        f"{', '.join(users[:3])} still needs {what}: PostgreSQL refuses to drop it, and downgrade() of {down.revision.id}"
        " fails here",
        f"drop {users[0]} first",
        confidence=Confidence.HIGH if down.body.is_resolved and down.before.is_complete else Confidence.MEDIUM,
    )
