"""Judges a journey: runs the checks and tells what was tried; touches nothing outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.dataclass import replace
from forge_doctor.finding import Evidence, Finding, NotRun
from forge_doctor.migrations.round_trip import checks as checks_folder
from forge_doctor.migrations.round_trip.trial import RoundTrip
from forge_doctor.report import Report, Table, run_check, sort_outcomes


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of the round trip."""
    return load(checks_folder)


def run_round_trip(trip: RoundTrip, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Report:
    """The report on one journey; raises `UsageProblem` for an unknown check."""
    chosen: tuple[Check[Any], ...] = select_checks(all_checks(), select, ignore)
    outcomes: list[Finding | NotRun] = []
    for check in chosen:
        outcomes += run_check(check, trip)
    outcomes += _unreached(trip)
    findings, not_run = sort_outcomes(outcomes)
    return Report(
        command="migrations",
        subject=trip.subject,
        findings=findings,
        not_run=not_run,
        inspected={"revisions tried": trip.tried, "rows made": trip.rows_made},
        headline=headline(trip),
        tables=tuple(table for table in (without_rows(trip),) if table),
        rules=described(chosen, "migrations"),
    )


def headline(trip: RoundTrip) -> str:
    """How far it went."""
    refusing = (
        f"; {len(trip.refusing)} of them {'refuses its' if len(trip.refusing) == 1 else 'refuse their'} downgrade on purpose"
        if trip.refusing
        else ""
    )
    notes = "".join(f"; {note}" for note in trip.notes)
    return f"{trip.tried} of {len(trip.revisions)} revisions went up, down and up again{refusing}{notes}."


def without_rows(trip: RoundTrip) -> Table | None:
    """The tables that stayed empty, so that nothing was tried on rows of theirs."""
    if not trip.without_rows:
        return None
    return Table(title="Tables no rows could be made for", columns=("table", "why"), rows=trip.without_rows)


def _unreached(trip: RoundTrip) -> Iterable[NotRun]:
    if trip.stopped is None:
        return
    ids = [one.id for one in trip.revisions]
    behind = len(ids) - ids.index(trip.stopped.revision.id) - 1
    if behind:
        yield NotRun(
            check="upgrade-fails",
            reason=f"{behind} revisions behind {trip.stopped.revision.id} were not tried: it cannot be upgraded",
        )


def confirmed(static: Iterable[Finding], tried: Iterable[Finding]) -> tuple[Finding, ...]:
    """Both together: a fault that was read in a file and then seen is told once, where it was read."""
    seen = list(tried)
    found: list[Finding] = []
    for one in static:
        same = [other for other in seen if (other.check, other.location.target) == (one.check, one.location.target)]
        seen = [other for other in seen if other not in same]
        found.append(_with_proof(one, same[0]) if same else one)
    return (*found, *seen)


def _with_proof(read: Finding, seen: Finding) -> Finding:
    proof = Evidence(label="tried", value=seen.message, source="a throw-away PostgreSQL")
    return replace(read, confidence=max(read.confidence, seen.confidence), evidence=(*read.evidence, proof))
