"""Two transactions lock the same rows in different orders, each waits for the other, and one fails.

Why:
    One request locks a row and then another, a second request the other first: each waits for what the other has.
    PostgreSQL ends one of them after deadlock_timeout; until then both keep a connection, and the one that is ended fails.

Confirms:
    `deadlock detected` in the log of the application or of the server.

Contradicts:
    A schema change among the waiting: then it is the queue behind that.

Explains:
    The server's count of deadlocks, the timeouts of those that waited for the two.

Wrong when:
    The frame in the log is the one of the two that was rolled back; the lock to take earlier may be the other's. The
    server's log has both statements. A deadlock with a migration is no order of the application's own: looked at by the
    queue behind it.

Source:
    PostgreSQL documentation, "Deadlocks" in 13.3 Explicit Locking; seen with PostgreSQL 18 and asyncpg 0.32.
"""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="Two transactions lock the same rows in different orders",
    urgency=Urgency.RISK,
    shows=checks(logs="deadlock"),
    explains=frozenset({"deadlocks", "lock-timeout", "tx-aborted", "pending-rollback"}),
    change="Lock the rows in one order everywhere: SELECT ... WHERE id IN (...) ORDER BY id FOR UPDATE, once, before the first change.",
    next=(
        "forge-doctor logs --since 24h   # how often, and at which lines",
        "grep -A6 'deadlock detected' POSTGRESQL.log   # both statements, which only the server knows",
    ),
    local=False,
    depth=4,
    most=Verdict.LIKELY,
)
