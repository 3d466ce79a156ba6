"""A revision cannot be upgraded on a new database, or only while its tables are empty.

Why:
    A new environment, a restored one or a test database runs every revision from the first; production runs the
    newest one on tables with rows. A revision that fails on either stops the deployment in the middle.

Measures:
    Each revision was run by the application's own env.py on a throw-away PostgreSQL, once with empty tables and once
    with rows in them: those of --rows, else rows made from the catalogue (types, keys and checks agree). A failure
    that is a known fault has that fault's id. What the revision begins to forbid (a NULL, a duplicate, a key without its row)
    was put into a row and tried as well.

Wrong when:
    The tree begins on tables that something else makes: what is missing then is told with medium confidence. Or the
    rows made are not as the application's: a value that does not fit, or a duplicate of what becomes unique, is told with
    low confidence, a NULL or a text too long for its new type with medium. What a new server lacks (an extension, a
    role) is no finding.

Source:
    PostgreSQL documentation, appendix A (error codes); seen with Alembic 1.20.1 and PostgreSQL 18.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, NotRun, Severity
from forge_doctor.migrations.round_trip.causes import cause_of, lacks_here
from forge_doctor.migrations.round_trip.findings import evidence, location, said, with_rows
from forge_doctor.migrations.round_trip.trial import RoundTrip, Rows, Stage, Trial


@check(severity=Severity.CRITICAL)
def examine(trip: RoundTrip) -> Iterator[Finding | NotRun]:
    """One finding a revision."""
    if trip.stopped is not None:
        stop = trip.stopped
        first = Trial(revision=stop.revision, rows=Rows.NONE, failed=Stage.UPGRADE, failure=stop.failure)
        if stop.failure is not None and lacks_here(stop.failure):
            yield NotRun(
                reason=f"{stop.revision.id} needs what the throw-away server lacks: {said(stop.failure)}",
                remedy="name a throw-away server that has it: --server postgresql://user@host/postgres",
            )
        else:
            yield _finding(first)
    for trial in trip.trials:
        if trial.failed is Stage.UPGRADE:
            yield _finding(trial)


def _finding(trial: Trial) -> Finding:
    cause = cause_of(trial)
    failed = said(trial.failure) if trial.failure else "no reason was given"
    return Finding(
        check=cause.check,
        severity=cause.severity,
        confidence=cause.confidence,
        message=f"{trial.revision.id}: upgrade() fails{with_rows(trial)}: {failed}",
        location=location(trial),
        evidence=evidence(trial),
        remedy=cause.mend,
    )
