"""A revision was upgraded and cannot be downgraded.

Why:
    The way back is wanted when the release behind it has just failed: an error in downgrade() then leaves the new
    schema under the old code.

Measures:
    Each revision was downgraded by the application's own env.py right after its upgrade, on a throw-away PostgreSQL,
    with empty tables and with rows in them. A failure that is a known fault has that fault's id. A downgrade that raises
    NotImplementedError, or anything else under no condition, says that there is no way back, which is no fault. What the
    upgrade has just allowed (a NULL, a new label, a longer text, what a CHECK refused) was put into a row and tried as
    well.

Wrong when:
    The rows made are not as the application's: a value that does not fit is told with low confidence.

Source:
    PostgreSQL documentation, appendix A (error codes); seen with Alembic 1.20.1 and PostgreSQL 18.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.round_trip.causes import cause_of
from forge_doctor.migrations.round_trip.findings import body, evidence, location, said, with_rows
from forge_doctor.migrations.round_trip.trial import RoundTrip, Rows, Stage, Trial


@check(severity=Severity.ERROR)
def examine(trip: RoundTrip) -> Iterator[Finding]:
    """One finding a revision."""
    for trial in trip.trials:
        if not trial.revision.undoes and trial.rows is Rows.NONE:
            yield _without(trial)
        elif trial.failed is Stage.DOWNGRADE and trial.failure is not None:
            yield _finding(trial, said(trial.failure))


def _without(trial: Trial) -> Finding:
    return Finding(
        check="missing-downgrade",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{trial.revision.id} has no downgrade(): alembic downgrade ends with an AttributeError here",
        location=body(trial),
        evidence=evidence(trial),
        remedy="write downgrade(), or let it raise NotImplementedError with the reason",
    )


def _finding(trial: Trial, failed: str) -> Finding:
    cause = cause_of(trial)
    return Finding(
        check=cause.check,
        severity=cause.severity,
        confidence=cause.confidence,
        message=f"{trial.revision.id}: downgrade() fails{with_rows(trial)}: {failed}; the upgrade cannot be undone",
        location=location(trial),
        evidence=evidence(trial),
        remedy=cause.mend,
    )
