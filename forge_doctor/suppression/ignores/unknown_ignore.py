"""An ignore comment names no rule, or one that does not exist.

Why: it mutes nothing, and whoever wrote it believes it does. There is no comment that mutes every
rule: it would hide faults nobody has seen yet.

Bad:
    db.commit()  # forge-doctor: ignore
    db.commit()  # forge-doctor: ignore[unawaited-sesion-call] the caller awaits it

Good:
    db.commit()  # forge-doctor: ignore[unawaited-session-call] the caller awaits it

Source: PGH004 (blanket-noqa) and RUF102 (invalid-rule-code) of Ruff's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check, nearest
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.suppression.comments import Ignore
from forge_doctor.suppression.ignore_audit import IgnoreAudit


@check(severity=Severity.WARNING)
def unknown_ignore(audit: IgnoreAudit) -> Iterator[Finding]:
    """One finding a comment without rules, one for each rule that does not exist."""
    for ignore, _ in audit.used:
        if not ignore.rules:
            yield _finding(
                audit, ignore, "this ignore comment names no rule and mutes nothing", "name it: ignore[rule] reason"
            )
        for rule in ignore.rules:
            if rule not in audit.known:
                near = nearest(rule, audit.known)
                hint = near.removeprefix("; ") if near.startswith("; ") else "forge-doctor explain lists the rules"
                message = f"there is no rule {rule!r}: this ignore comment mutes nothing by it"
                yield _finding(audit, ignore, message, hint)


def _finding(audit: IgnoreAudit, ignore: Ignore, message: str, remedy: str) -> Finding:
    return Finding(
        check="unknown-ignore",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=message,
        location=audit.place(ignore),
        remedy=remedy,
    )
