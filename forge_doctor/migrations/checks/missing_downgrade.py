"""A revision has no downgrade().

Why: `alembic downgrade` stops with an AttributeError in the middle of an incident, at the revision that lacks it.

Bad:

    def upgrade():
        op.add_column("orders", sa.Column("b", sa.Integer))

Good:

    def upgrade():
        op.add_column("orders", sa.Column("b", sa.Integer))

    def downgrade():
        op.drop_column("orders", "b")

Source: Alembic 1.20.1, AttributeError: module has no attribute 'downgrade'

Wrong when: the project never goes back: where no revision of the tree has a downgrade, nothing is said; a downgrade
imported from elsewhere counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.migrations.history import Change, History


@check(severity=Severity.WARNING)
def missing_downgrade(history: History) -> Iterator[Finding]:
    """Look for the function in every revision that does something."""
    if len(history.changes) > 1 and not any(down.body.is_there for _, down in history.changes):
        return
    for up, down in history.judged:
        names_it = up.revision.file.mentions(b"def downgrade", b"import downgrade", b"downgrade =", b"downgrade=")
        if not down.body.is_there and up.body.operations and not names_it:
            yield Finding(
                severity=Severity.WARNING,
                confidence=Confidence.HIGH,
                message=f"{up.revision.id} has no downgrade(): `alembic downgrade` stops there with an AttributeError",
                location=_place(up),
                remedy="write downgrade(), or let it say that there is no way back: raise NotImplementedError(...)",
            )


def _place(up: Change) -> Location:
    here = (step.location for step in up.steps if step.location.target == up.revision.path)
    return next(here, up.revision.place("upgrade"))
