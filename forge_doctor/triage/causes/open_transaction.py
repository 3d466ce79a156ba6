"""A transaction is kept open, and what was seen does not tell why.

Why:
    A session idle in transaction keeps its connection and its locks. It may be leaked, or wait for something: the line it
    was taken at, or its statement, says where to look.

Confirms:
    The server alone: the state and its age, or its log that it ended one that sat idle beyond its timeout. A second
    source that says why is another cause.

Contradicts:
    Any cause that explains the same sessions.

Explains:
    What else is said of these sessions.

Wrong when:
    It is a person's own session in psql. Looked at: the client's name.

Source:
    PostgreSQL documentation, idle_in_transaction_session_timeout.
"""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="A transaction is kept open",
    urgency=Urgency.RISK,
    shows=checks(
        pool="idle-in-transaction pool-idle-in-transaction aborted-transaction forgotten-connections held-by-requests "
        "blocking-session:session-lock",
        logs="idle-in-transaction transaction-timeout",
    ),
    fits=checks(pool="connections-held-at-line long-transaction hoarding-worker", logs="tx-aborted"),
    explains=frozenset(
        {
            *("pool-timeout", "worker-at-limit", "hoarding-worker", "long-transaction", "headroom-low", "no-slot-left"),
            *("asyncpg-connection-closed", "connection-closed-sa", "psycopg-connection-closed", "libpq-server-closed"),
            *("asyncpg-underlying-closed", "invalidated-tx", "pool-reset-error", "server-unexpected-eof"),
            *("pool-too-small", "slots-reserved", "too-many-clients", "lock-timeout"),
        }
    ),
    against=frozenset({"stopped-process"}),
    change="End the transaction there: commit, roll back or close the session before waiting for anything else.",
    next=(
        "forge-doctor pool --duration 30   # whether it ends",
        "forge-doctor lint   # what that function does with its session",
    ),
    opened=Opened.AND_LEFT,
    depth=8,
    most=Verdict.LIKELY,
)
