"""Two tasks use one session at the same moment.

Why:
    A session is one conversation with the server. Tasks that share it, by gather() or as a global, cut into each other's
    statements; the error names whichever was second.

Confirms:
    "another operation is in progress" or an illegal change of state in the log; one session handed to several tasks in
    the source.

Contradicts:
    One socket in two processes: that is a fork.

Explains:
    Transactions that are invalid or aborted afterwards.

Wrong when:
    A cancelled request leaves its connection in the middle of a statement. Looked at: the rule names the tasks.

Source:
    SQLAlchemy documentation, "Is the Session thread-safe? Is AsyncSession safe to share in concurrent tasks?"
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="Several tasks use one session at the same moment",
    urgency=Urgency.OUTAGE,
    shows=checks(
        logs="asyncpg-another-operation illegal-state-change provisioning-concurrent",
        lint="shared-session-in-tasks global-session async-session-in-thread request-session-in-background",
    ),
    fits=checks(logs="permanently-closed-session tx-closed session-prepared-state greenlet-other-thread"),
    explains=frozenset(
        {
            *("pending-rollback", "tx-aborted", "invalidated-tx", "tx-closed", "pool-reset-error", "tx-inactive"),
            *("slow-code-in-transaction", "idle-in-transaction", "leaked-transactions", "aborted-transaction"),
            *("pool-idle-in-transaction", "gc-unchecked-in", "hoarding-worker", "pool-terminate-error"),
        }
    ),
    change="async with Session() as session: ...   # one in each task",
    next=("forge-doctor lint   # which session several tasks have",),
    depth=3,
)
