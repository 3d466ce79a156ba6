"""The database is at a revision that this tree does not have: its code is too old.

Why:
    After a rollback the old image meets the schema of the new one: `alembic upgrade head` ends with "Can't locate revision
    identified by", so a container that migrates at its start does not start, and old code runs on a schema it was not
    written for.

Measures:
    Every row of the version table is looked up in the tree. Confidence is high where another row, or a table the tree
    creates, shows that tree and database belong together; else medium.

Wrong when:
    The version table belongs to another application in the same database: then the tree knows none of its rows and
    creates none of the tables that are there, and nothing is told. Or the revisions were squashed: then the remedy is the
    same, a tree that knows the row.

Source:
    sqlalchemy/alembic#691; Alembic's message in script/base.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import VersionTable
from forge_doctor.migrations.live.wording import names
from forge_doctor.sql.quoting import quote_shell


@check(severity=Severity.CRITICAL)
def examine(situation: Situation, _limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a tree."""
    yield from situation.unread_tables()
    for placement in situation.placements:
        if placement.unknown and placement.table is not None:
            shared = _shared(situation, placement)
            if shared or placement.known:
                yield _finding(situation, placement, placement.table, shared)


def _shared(situation: Situation, placement: Placement) -> tuple[str, ...]:
    """Tables of the database that the tree creates."""
    changes = placement.history.changes
    created = {name for up, _ in changes for name, table in up.after.tables.items() if table.since}
    return tuple(sorted(created & {one.label for one in situation.snapshot.tables}))


def _head(placement: Placement) -> str:
    return next((one.id for one in placement.history.tree.graph.heads), "base")


def _finding(situation: Situation, placement: Placement, table: VersionTable, shared: tuple[str, ...]) -> Finding:
    heads = names(one.id for one in placement.history.tree.graph.heads)
    unknown = names(placement.unknown)
    return Finding(
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH if placement.known or len(shared) > 1 else Confidence.MEDIUM,
        message=f"the database is at {unknown}, which is in no file of {placement.history.tree.name} (its head is {heads}): "
        f"this code is older than the database. alembic upgrade fails with \"Can't locate revision identified by "
        f"'{placement.unknown[0]}'\".",
        location=situation.at(table),
        evidence=(
            Evidence(label="in the database", value=names(table.revisions or ()), source=table.label),
            Evidence(label="head of the tree", value=heads, source=placement.history.tree.name),
            Evidence(
                label="tables of the tree that are there", value=len(shared), source="the replay of its revisions"
            ),
        ),
        remedy=f"deploy the code that has {unknown}; to stay with this code, first go back with that code: "
        f"alembic downgrade {quote_shell(_head(placement))}\n"
        "alembic stamp would only hide it: the schema stays the newer one",
    )
