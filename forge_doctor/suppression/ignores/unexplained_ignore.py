"""An ignore comment gives no reason.

Why: whoever meets it later cannot tell a judged exception from a fault somebody wanted out of sight,
and dares neither to remove it nor to copy it.

Bad:
    db.commit()  # forge-doctor: ignore[unawaited-session-call]

Good:
    db.commit()  # forge-doctor: ignore[unawaited-session-call] a recording double, commit() is a plain function

Source: the practice of `eslint-comments/require-description` and of Rust's `#[allow(..., reason = "...")]`
(stable since Rust 1.81).
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.suppression.ignore_audit import IgnoreAudit


@check(severity=Severity.INFO)
def unexplained_ignore(audit: IgnoreAudit) -> Iterator[Finding]:
    """One finding a comment without a reason; one that names no rule is `unknown-ignore`'s."""
    for ignore, _ in audit.used:
        if ignore.rules and not ignore.reason:
            yield Finding(
                check="unexplained-ignore",
                severity=Severity.INFO,
                confidence=Confidence.HIGH,
                message=f"ignore[{', '.join(ignore.rules)}] gives no reason: nobody can tell whether it still holds",
                location=audit.place(ignore),
                remedy="write the reason behind the bracket: # forge-doctor: ignore[rule] reason",
            )
