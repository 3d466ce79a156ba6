"""Tables of the migrations are there and no version table, or an empty one.

Why:
    `alembic upgrade head` begins at the first revision and ends with "relation already exists", or, where the first
    revisions are written to pass over what exists, changes tables that were changed already.

Measures:
    The version table's rows, and which tables that the tree creates are in the database. An empty database is no fault:
    all its revisions are pending.

Wrong when:
    The version table lies in another database or has another name that source does not show; tables of Alembic's shape
    (one column version_num) are looked for in every schema by that shape, not by name.

Source:
    Alembic documentation, "Building an Up to Date Database from Scratch" (create_all, then stamp).
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity, counted
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.wording import names
from forge_doctor.sql.quoting import quote_shell


@check(severity=Severity.ERROR, limits={"tables": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a tree."""
    for placement in situation.placements:
        table = placement.table
        if table is not None and (table.revisions is None or table.revisions):
            continue
        there, fitting = _there(situation, placement)
        if len(there) >= min(limits["tables"], max(_most(placement), 1)):
            yield _finding(situation, placement, there, fitting)


def _there(situation: Situation, placement: Placement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tree's tables that are there, and the revisions after which exactly these are."""
    present = {one.label for one in situation.snapshot.tables}
    created: set[str] = set()
    for up, _ in placement.history.changes:
        created |= {name for name, table in up.after.tables.items() if table.since}
    there = present & created
    fitting = [up.revision.id for up, _ in placement.history.changes if _tables(up.after.tables) & created == there]
    return tuple(sorted(there)), tuple(fitting)


def _tables(tables: object) -> set[str]:
    return set(tables) if isinstance(tables, dict) else set()


def _most(placement: Placement) -> int:
    return max((len(up.after.tables) for up, _ in placement.history.changes), default=0)


def _finding(situation: Situation, placement: Placement, there: tuple[str, ...], fitting: tuple[str, ...]) -> Finding:
    first = placement.history.changes[0][0].revision.id if placement.history.changes else "the first"
    table = placement.table
    state = f"{table.label} is empty" if table else f"there is no table {placement.expected}"
    may_be = f" By their names the tables are those after {names(fitting)}." if fitting else ""
    stamp = fitting[-1] if len(fitting) == 1 else "REVISION"
    which = (
        ""
        if len(fitting) == 1
        else f"   # REVISION: the one the schema is at{', of ' + names(fitting) if fitting else ''}"
    )
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH if len(there) > 2 else Confidence.MEDIUM,
        message=f"{state}, and what {placement.history.tree.name} creates is there already, "
        f"{counted(len(there), 'table')} of it ({names(there)}): "
        f"alembic upgrade would begin at {first} and fail on what exists.{may_be}",
        location=situation.at(table) if table else situation.here,
        evidence=(Evidence(label="tables of the tree that are there", value=len(there), source="pg_class"),),
        remedy=f"compare first (alembic check, or forge-doctor migrations --metadata), then: alembic stamp {quote_shell(stamp)}{which}",
    )
