"""downgrade() does nothing, though upgrade() changes the schema.

Why: `alembic downgrade` says that it worked and takes the revision off the list, and the next upgrade fails at what is
there already.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("a", sa.Integer))

    def downgrade():
        pass

Good:

    def upgrade():
        op.add_column("orders", sa.Column("a", sa.Integer))

    def downgrade():
        op.drop_column("orders", "a")

Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading

Wrong when: there is nothing to undo: rows, validated constraints, values of an enumeration and parameters are not counted,
and a downgrade that raises says so itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import FunctionDef
from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.migrations.history import Change, History
from forge_doctor.migrations.replay.differences import Difference, differences
from forge_doctor.migrations.tree.revision import Revision


@check(severity=Severity.WARNING)
def empty_downgrade(history: History) -> Iterator[Finding]:
    """Compare the schema before and after the upgrade of every revision whose downgrade is empty."""
    for up, down in history.judged:
        if down.body.is_there and down.body.is_empty and down.body.raises is None and not down.body.unread:
            changed = differences(up.before, up.after)
            if changed:
                yield _found(up, changed)


def _found(up: Change, changed: tuple[Difference, ...]) -> Finding:
    names = ", ".join(dict.fromkeys(f"{one.what} {one.name}" for one in changed[:4]))
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"downgrade() of {up.revision.id} does nothing, and upgrade() changes {names}"
        f"{' and more' if len(changed) > 4 else ''}; the next upgrade meets what is there already",
        location=_place(up.revision),
        remedy="undo it, last thing first; where there is no way back, say so: raise NotImplementedError(...)",
    )


def _place(revision: Revision) -> Location:
    node = revision.downgrade.node if revision.downgrade is not None else None
    body = node.body if isinstance(node, FunctionDef) else ()
    return revision.place("downgrade") if not body else body[-1].file.location(body[-1])
