"""A revision cannot be upgraded again after a downgrade, or does something else then.

Why:
    After a rollback the same revision is deployed again: then it fails, with nothing in the schema that would explain it.

Measures:
    The second upgrade on a throw-away PostgreSQL, where the catalogue after the downgrade is that from before; what a
    downgrade left behind is told by `schema-not-restored`.

Wrong when:
    The upgrade depends on rows that the round trip has changed, such as a row it inserts with a fixed id: that is the
    fault, and the sentence of the server names the key.

Source:
    PostgreSQL documentation, ALTER TYPE ... ADD VALUE IF NOT EXISTS: an enum's value outlives each downgrade.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.round_trip.causes import cause_of
from forge_doctor.migrations.round_trip.findings import evidence, location, said, told, with_rows
from forge_doctor.migrations.round_trip.trial import RoundTrip, Stage, Trial


@check(severity=Severity.ERROR)
def examine(trip: RoundTrip) -> Iterator[Finding]:
    """One finding a revision."""
    for trial in trip.trials:
        if trial.undone:
            continue
        if trial.failed is Stage.AGAIN and trial.failure is not None:
            yield _finding(trial, f"fails{with_rows(trial)}: {said(trial.failure)}")
        elif trial.redone:
            yield _finding(trial, f"gives another schema than the first: it {told(trial.redone)}")


def _finding(trial: Trial, what: str) -> Finding:
    cause = cause_of(trial)
    failed = trial.failed is Stage.AGAIN
    return Finding(
        severity=cause.severity if failed else Severity.WARNING,
        confidence=cause.confidence if failed else Confidence.MEDIUM,
        message=f"{trial.revision.id}: after a downgrade, upgrade() {what}",
        location=location(trial),
        evidence=evidence(trial),
        remedy=cause.mend if failed else "",
    )
