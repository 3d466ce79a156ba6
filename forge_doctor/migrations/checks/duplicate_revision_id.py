"""Two files have the same revision id.

Why: Alembic warns, takes the file that it read last and drops the other: what that does is never run, on no database.

Bad:

    # revision a001
    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Good:

    # revision a001
    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b003 after b002
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Source: Alembic 1.20.1, "Revision b002 is present more than once"

Wrong when: the files belong to two trees, one for each dialect. Folders below `versions` that hold revisions each are
read as trees of their own unless `recursive_version_locations` is set.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.history import History


@check(severity=Severity.CRITICAL)
def duplicate_revision_id(history: History) -> Iterator[Finding]:
    """Compare the ids of all files."""
    for group in history.tree.graph.duplicates:
        for revision in group:
            others = [one for one in group if one is not revision]
            yield Finding(
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH,
                message=f"{revision.id} is the id of {len(group)} files: Alembic drops all but the one it reads last",
                location=revision.place("revision"),
                remedy="give one of them a new id (`alembic revision` makes one), and correct what follows it",
                related=tuple(Related(message="the same id", location=one.place("revision")) for one in others),
            )
