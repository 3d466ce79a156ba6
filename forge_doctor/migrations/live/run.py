"""Judges a look at a database: runs the checks, tells where it stands and what is pending; touches nothing outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.finding import Finding, NotRun
from forge_doctor.migrations.history import History
from forge_doctor.migrations.live import checks as checks_folder
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import LiveSnapshot
from forge_doctor.migrations.live.wording import names, size, span
from forge_doctor.report import Report, Table, run_check, sort_outcomes
from forge_doctor.settings import Settings

MOST_COSTS = 40


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of the live part."""
    return load(checks_folder)


def run_live(
    snapshot: LiveSnapshot,
    histories: Sequence[History],
    settings: Settings,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> Report:
    """The report on one database; `histories` are the trees that may belong to it, none where none is known.

    Raises `UsageProblem` for an unknown check.
    """
    return judge_live(Situation(snapshot, histories), select_checks(all_checks(), select, ignore), settings)


def judge_live(situation: Situation, chosen: Sequence[Check[Any]], settings: Settings) -> Report:
    """What these checks say."""
    outcomes: list[Finding | NotRun] = []
    for check in chosen:
        outcomes += run_check(check, situation, settings.limits_of(check))
    findings, not_run = sort_outcomes(outcomes)
    return Report(
        command="migrations",
        subject=situation.snapshot.target,
        findings=findings,
        not_run=_once(not_run),
        inspected={
            "version tables": len(situation.snapshot.version_tables),
            "tables": situation.server.tables,
            "sessions": len(situation.snapshot.sessions),
        },
        headline=" ".join(_stands(one) for one in situation.placements),
        tables=tuple(table for table in (pending_table(situation),) if table),
        data={"migrations": _data(situation)},
        rules=described(chosen, "postgresql", "migrations"),
    )


def _once(not_run: Iterable[NotRun]) -> tuple[NotRun, ...]:
    """What several checks could not see for one and the same reason is said once."""
    return tuple({one.reason: one for one in reversed(tuple(not_run))}.values())[::-1]


def _stands(placement: Placement) -> str:
    name = placement.history.tree.name
    if placement.table is None:
        return f"{name}: the database has no table {placement.expected}."
    if not placement.is_readable:
        return f"{name}: {placement.table.label} may not be read."
    at = names(placement.table.revisions or ()) or "no revision"
    if placement.unknown:
        return f"{name}: the database is at {at}."
    return f"{name}: the database is at {at}, {len(placement.pending)} of {len(placement.history.changes)} revisions pending."


def pending_table(situation: Situation) -> Table | None:
    """What is pending, operation by operation, with what it meets."""
    rows = [
        (
            cost.step.revision.id,
            " ".join(cost.step.operation.written.text.split())[:60],
            cost.table.label,
            size(cost.table.size_bytes),
            cost.table.rows,
            cost.mode or "-",
            cost.stops,
            cost.work.value.split()[0] if cost.work else "-",
            span(cost.low_s, cost.high_s),
        )
        for cost in situation.costs
    ]
    if not rows:
        return None
    columns = ("revision", "operation", "table", "size", "rows", "lock", "waits for it", "work", "estimate")
    more = f"; {len(rows) - MOST_COSTS} more are left out" if len(rows) > MOST_COSTS else ""
    note = f"An estimate from the tables' sizes of now, not a measurement; waiting for the lock is not in it{more}."
    return Table(title="What is pending", columns=columns, rows=tuple(rows[:MOST_COSTS]), note=note)


def _data(situation: Situation) -> dict[str, Any]:
    return {
        "taken_at": situation.snapshot.taken_at,
        "server_version_num": situation.server.version_num,
        "trees": [
            {
                "tree": one.history.tree.name,
                "version_table": one.table.label if one.table else None,
                "at": list((one.table.revisions or ()) if one.table else ()),
                "unknown": list(one.unknown),
                "pending": [change.revision.id for change in one.pending],
            }
            for one in situation.placements
        ],
    }
