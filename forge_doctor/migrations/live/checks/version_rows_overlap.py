"""The version table has a row that another of its rows already contains.

Why:
    Each row is the head of a line that was run. A row that lies behind another one (a stamp by hand, a merge that was
    stamped and not run) makes `alembic upgrade` and `downgrade` fail with "overlaps with other requested revisions".

Measures:
    For each pair of rows, whether the tree has one among the ancestors of the other. Several rows of different
    branches are how Alembic works, and are not told.

Wrong when:
    The tree is not the one the rows were written by: every row must be in the tree, else nothing is told here.

Source:
    Alembic, script/revision.py ("Requested revision ... overlaps with other requested revisions").
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import VersionTable
from forge_doctor.migrations.live.wording import names
from forge_doctor.sql.quoting import quote_identifier, quote_literal


@check(severity=Severity.ERROR)
def examine(situation: Situation, _limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a tree."""
    for placement in situation.placements:
        if placement.overlapping and not placement.unknown and placement.table is not None:
            yield _finding(situation, placement, placement.table)


def _finding(situation: Situation, placement: Placement, table: VersionTable) -> Finding:
    older, newer = placement.overlapping[0]
    statements = [_delete(table, first, second) for first, second in dict(placement.overlapping).items()]
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{table.label} has the rows {names(table.revisions or ())}, and {older} lies behind {newer}: alembic upgrade "
        f'and downgrade fail with "Requested revision {newer} overlaps with other requested revisions {older}".',
        location=situation.at(table),
        evidence=(Evidence(label="rows", value=names(table.revisions or ()), source=table.label),),
        remedy="\n".join(statements),
    )


def _delete(table: VersionTable, older: str, newer: str) -> str:
    name = f"{quote_identifier(table.schema)}.{quote_identifier(table.name)}"
    there = f"EXISTS (SELECT FROM {name} AS n WHERE n.version_num = {quote_literal(newer)})"
    return f"DELETE FROM {name} AS o WHERE o.version_num = {quote_literal(older)} AND {there};"  # noqa: S608 - quoted
