"""A table or type is dropped that something else still refers to.

Why: PostgreSQL refuses it ("cannot drop table customers because other objects depend on it"), and the upgrade fails on
every database.

Bad:

    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("settings_id", sa.Integer, sa.ForeignKey("settings.id", name="fk_settings")))

    # revision b003 after b002
    def upgrade():
        op.drop_table("settings")

Good:

    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("settings_id", sa.Integer, sa.ForeignKey("settings.id", name="fk_settings")))

    # revision b003 after b002
    def upgrade():
        op.drop_constraint("fk_settings", "orders", type_="foreignkey")
        op.drop_table("settings")

Source: https://www.postgresql.org/docs/current/ddl-depend.html

Wrong when: the foreign key, or the column of the type, is gone by then in a way that could not be followed: high confidence
needs every operation of the revisions before to be known. CASCADE is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import Change, History, Step
from forge_doctor.migrations.operations.operation import DropTable
from forge_doctor.migrations.refused_drops import refused_drops
from forge_doctor.migrations.wording import found


@check(severity=Severity.CRITICAL)
def drop_still_needed(history: History) -> Iterator[Finding]:
    """Replay every upgrade that drops a table or type, and look who needs it."""
    for up in history.upgrades:
        for step, users in refused_drops(history, up):
            yield _found(up, step, users)


def _found(up: Change, step: Step, users: tuple[str, ...]) -> Finding:
    one = step.operation
    what = one.table if isinstance(one, DropTable) else getattr(one, "name", "")
    return found(
        step,
        Severity.CRITICAL,
        f"{', '.join(users[:3])} still needs {what}: PostgreSQL refuses to drop it, and upgrade() of {up.revision.id} fails",
        f"drop what {users[0]} needs it for first (op.drop_constraint, op.drop_column)",
        confidence=Confidence.HIGH if up.body.is_resolved and up.before.is_complete else Confidence.MEDIUM,
    )
