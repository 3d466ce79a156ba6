"""A write is thanked for and never saved.

Why:
    A commit that is never awaited is a coroutine that is thrown away; a write that nobody commits is rolled back when the
    session closes. The request succeeds, and the row is not there.

Confirms:
    The warning that a session's coroutine was never awaited, and the same line in the source; a write in the source that
    nothing commits.

Contradicts:
    A commit further out: the rule follows the session to its owner before it says so.

Explains:
    Rollbacks that nobody asked for.

Wrong when:
    The coroutine is awaited later under another name. Looked at by the rule; where the log has the warning it was not.

Source:
    Python documentation, "Detect never-awaited coroutines"; SQLAlchemy documentation, "Session Basics".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="A write is never saved",
    urgency=Urgency.DATA_LOSS,
    shows=checks(
        logs="coroutine-never-awaited:write session-state-changed-warning",
        lint="unawaited-session-call write-never-committed unawaited-data-access commit-after-response "
        "swallowed-error-without-rollback merge-result-dropped",
    ),
    fits=checks(logs="coroutine-never-awaited task-destroyed-pending", pool="frequent-rollbacks"),
    explains=frozenset({"frequent-rollbacks", "coroutine-never-awaited", "stale-data"}),
    change="await session.commit()",
    next=("python -X dev   # names the place where the coroutine was made",),
    quiet=True,
    depth=2,
)
