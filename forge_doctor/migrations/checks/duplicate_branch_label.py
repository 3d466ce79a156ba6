"""Two revisions have the same branch label.

Why: Alembic stops with "Branch name ... already used by revision ...", whatever it is asked. A label belongs to the first
revision of a line alone; those behind it inherit it.

Bad:

    # revision a001
    # revision b002 after a001 labels billing
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b003 after b002 labels billing
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Good:

    # revision a001
    # revision b002 after a001 labels billing
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b003 after b002
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Source: Alembic 1.20.1, "Branch name 'core' in revision abcdef123456 already used by revision b2"

Wrong when: the revisions belong to two trees, one for each dialect, which are read apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.tree.revision import Revision


@check(severity=Severity.CRITICAL)
def duplicate_branch_label(history: History) -> Iterator[Finding]:
    """Compare the labels of all revisions."""
    owners: dict[str, list[Revision]] = {}
    for revision in history.tree.graph.by_id.values():
        for label in revision.labels:
            owners.setdefault(label, []).append(revision)
    for label, revisions in owners.items():
        for revision in revisions if len(revisions) > 1 else ():
            others = [one for one in revisions if one is not revision]
            yield Finding(
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH,
                message=f"{label!r} labels {len(revisions)} revisions: no command of Alembic works on this tree",
                location=revision.place("branch_labels"),
                remedy="leave the label with the first revision of the line: those behind it inherit it",
                related=tuple(Related(message="labelled here", location=one.place("branch_labels")) for one in others),
            )
