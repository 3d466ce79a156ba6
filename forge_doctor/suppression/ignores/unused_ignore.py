"""An ignore comment mutes nothing.

Why: the fault it was written for is gone, or the comment is on another line than the finding. Left
there it will mute the next fault that comes to that line, with nobody having judged it.

Only rules that ran are judged: with `--select` the ignores of other rules are left in peace.

Bad:
    await db.commit()  # forge-doctor: ignore[unawaited-session-call] the caller awaits it

Good:
    await db.commit()

Source: the same rule of other linters, such as RUF100 (unused-noqa) of Ruff's documentation, and
`warn_unused_ignores` of mypy's.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Edit, Finding, Location, Severity
from forge_doctor.suppression.comments import Ignore
from forge_doctor.suppression.ignore_audit import IgnoreAudit


@check(severity=Severity.WARNING)
def unused_ignore(audit: IgnoreAudit) -> Iterator[Finding]:
    """One finding a comment, naming the rules that muted nothing."""
    for ignore, idle in audit.unused():
        yield Finding(
            check="unused-ignore",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            message=f"nothing here is muted by ignore[{', '.join(idle)}]: it would hide the next fault on this line",
            location=audit.place(ignore),
            remedy=f"take {', '.join(idle)} out of the comment (--fix does it)",
            edits=(_removal(audit.target, ignore, idle),),
        )


def _removal(target: str, ignore: Ignore, idle: tuple[str, ...]) -> Edit:
    left = [rule for rule in ignore.rules if rule not in idle]
    if not left and ignore.whole_line:
        return Edit(
            location=Location(target=target, line=ignore.line, column=1, end_line=ignore.line + 1, end_column=1),
            replacement="",
        )
    kind = "ignore-file" if ignore.whole_file else "ignore"
    return Edit(
        location=Location(
            target=target,
            line=ignore.line,
            column=ignore.column if left else ignore.gap_column,
            end_line=ignore.line,
            end_column=ignore.end_column,
        ),
        replacement=f"# forge-doctor: {kind}[{', '.join(left)}] {ignore.reason}".rstrip() if left else "",
    )
