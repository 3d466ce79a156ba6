"""A transaction waits for another service, with its connection and its locks.

Why:
    Between two statements the code awaits something that is not the database. The connection stays taken for as long as
    that lasts, and so does every lock: those who need the same row queue behind it, each with a connection of its own.

Confirms:
    A session idle in transaction at the root of a lock queue, or several that wait for application code; a call inside the
    transaction in the source, in the function that sends the statement or one that it calls or is called by; the
    task that stands in that call.

Contradicts:
    A blocked event loop; sessions that nobody ends.

Explains:
    Lock and statement timeouts, cancelled statements, the blocked sessions, timeouts of the pool.

Wrong when:
    The session is leaked and waits for nothing. Looked at: whether the source shows a call or an unclosed session in the
    functions around the statement, and whether open requests account for the sessions.

Source:
    SQLAlchemy documentation, "Session Basics": begin late, commit before calling out; seen with PostgreSQL 18.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="A transaction is kept open while another service is awaited",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(
        pool="blocking-session:idle held-by-requests:calls slow-code-in-transaction",
        lint="network-call-in-transaction connection-held-while-waiting blocking-call-with-session session-around-call-next",
    ),
    fits=checks(
        pool="connections-held-at-line "
        "leaked-transactions idle-in-transaction long-transaction pool-idle-in-transaction forgotten-connections "
        "blocking-session:behind-schema-change",
        logs="idle-in-transaction ran-out-unseen",
    ),
    explains=frozenset(
        {
            *("lock-timeout", "statement-timeout", "asyncpg-command-timeout", "user-cancel", "transaction-timeout"),
            *("pool-timeout", "slots-reserved", "too-many-clients", "no-slot-left", "headroom-low", "worker-at-limit"),
            *("pool-too-small", "long-statement", "hoarding-worker", "idle-in-transaction", "long-transaction"),
            *("contended-wait", "slow-by-lock", "gunicorn-worker-timeout", "not-the-database", "leaked-transactions"),
            *("slow-code-in-transaction", "bouncer-clients-waiting", "pgbouncer-query-wait", "blocking-session:idle"),
        }
    ),
    against=frozenset({"event-loop-blocked", "stopped-process"}),
    change="await session.commit()   # before the call, and begin anew after it: neither locks nor the connection wait for it",
    next=(
        "forge-doctor pool --duration 10   # whether the same transactions stay open",
        "forge-doctor lint   # which lines await something inside a transaction",
    ),
    opened=Opened.AROUND,
    depth=2,
    absent="no transaction was seen that waits for application code while others wait for it",
)
