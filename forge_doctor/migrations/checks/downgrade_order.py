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
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import DropTable
from forge_doctor.migrations.refused_drops import refused_drops
from forge_doctor.migrations.wording import found


@check(severity=Severity.ERROR)
def downgrade_order(history: History) -> Iterator[Finding]:
    """Replay every downgrade that drops a table or type, and look who needs it."""
    for _, down in history.judged:
        for step, users in refused_drops(history, down):
            yield _found(down, step, users)


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
