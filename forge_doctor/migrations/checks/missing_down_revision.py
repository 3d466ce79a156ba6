"""A revision follows, or depends on, one that is in no file.

Why: Alembic stops with a bare `KeyError` of the id, whatever it is asked, and names no file.

Bad:

    # revision a001
    # revision b002 after f9e8d7
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Good:

    # revision a001
    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Source: Alembic 1.20.1, `KeyError: 'f9e8d7'` from every command

Only whole ids count for a parent (the first letters do on the command line alone); a dependency may be a branch label.

Wrong when: the file lies in a version location that only env.py names. Where a revision file could not be read, or its
id is only known when it runs, it may be the one that is missing: then the finding is of medium confidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check, nearest
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History


@check(severity=Severity.CRITICAL)
def missing_down_revision(history: History) -> Iterator[Finding]:
    """Look for every parent that is written."""
    graph = history.tree.graph
    sure = Confidence.MEDIUM if history.tree.unread else Confidence.HIGH
    for place, verb, pairs in (
        ("down_revision", "follows", graph.missing),
        ("depends_on", "depends on", graph.missing_dependencies),
    ):
        for revision, name in pairs:
            yield Finding(
                severity=Severity.CRITICAL,
                confidence=sure,
                message=f"{revision.id} {verb} {name!r}, which is in no file: no command of Alembic works on this tree",
                location=revision.place(place),
                remedy=f"add the file of {name!r}, or correct the id{nearest(name, graph.by_id)}",
            )
