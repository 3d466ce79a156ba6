"""Revisions follow each other in a circle.

Why: there is no first one: Alembic stops with "Cycle is detected in revisions", whatever it is asked.

Bad:

    # revision a001
    # revision c003 after c004
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision c004 after c003
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Good:

    # revision a001
    # revision c003 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision c004 after c003
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Source: Alembic 1.20.1, "Cycle is detected in revisions (c003, c004)"

Wrong when: never: both ids are written in the files.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History


@check(severity=Severity.CRITICAL)
def revision_cycle(history: History) -> Iterator[Finding]:
    """Tell every revision that comes after itself."""
    cycle = history.tree.graph.cycles
    names = ", ".join(one.id for one in cycle)
    for revision in cycle:
        yield Finding(
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message=f"{revision.id} comes after itself ({names}): no command of Alembic works on this tree",
            location=revision.place("down_revision"),
            remedy="let the one that is older follow the revision before both",
        )
