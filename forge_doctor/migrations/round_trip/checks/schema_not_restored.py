"""A downgrade ran and the schema is not what it was before the upgrade.

Why:
    What stays behind makes the next upgrade fail (it exists already); what does not come back is missed by the old code
    that the downgrade is for.

Measures:
    The catalogue before the upgrade and after the downgrade, on a throw-away PostgreSQL: tables, columns, constraints,
    indexes, types, views, functions, triggers, sequences. A downgrade that changed nothing is `empty-downgrade`; one
    that leaves only types `enum-left-behind`; anything else `downgrade-mismatch`.

Wrong when:
    The difference is one that a downgrade cannot or need not mend, which is not counted: the order of columns, NOT VALID,
    labels added to an enum, comments, an extension that stays.

Source:
    PostgreSQL documentation, system catalogs; sqlalchemy/alembic#1612 (enum types outlive their table).
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.round_trip.findings import body, evidence, said, told, with_rows
from forge_doctor.migrations.round_trip.trial import RoundTrip, Stage, Trial
from forge_doctor.migrations.round_trip.undo import undo_lines


@check(severity=Severity.ERROR)
def examine(trip: RoundTrip) -> Iterator[Finding]:
    """One finding a revision."""
    for trial in trip.trials:
        if trial.undone:
            yield _finding(trial)


def _finding(trial: Trial) -> Finding:
    fault, severity = _fault(trial)
    then = ""
    if trial.failed is Stage.AGAIN and trial.failure is not None:
        then = f"; the next upgrade fails: {said(trial.failure)}"
    does = "does nothing: it " if trial.idle else ""
    whole = not (trial.undone.missing or trial.undone.changed)
    lines = undo_lines(trial.undone.left)
    return Finding(
        check=fault,
        severity=severity,
        confidence=Confidence.HIGH,
        message=f"{trial.revision.id}: downgrade() {does}{told(trial.undone)}{with_rows(trial)}{then}",
        location=body(trial),
        evidence=evidence(trial),
        remedy=f"in downgrade():\n{lines}" if lines and whole else "",
    )


def _fault(trial: Trial) -> tuple[str, Severity]:
    if trial.idle:
        return "empty-downgrade", Severity.WARNING
    if trial.undone.only_types_left:
        return "enum-left-behind", Severity.ERROR
    return "downgrade-mismatch", Severity.ERROR
