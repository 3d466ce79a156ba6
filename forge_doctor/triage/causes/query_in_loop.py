"""A query is sent for each step of a loop.

Why:
    Each one is fast, and a request sends hundreds: under load the time goes into round trips, the connections of the
    pool are all at work and the next request waits for one.

Confirms:
    Many round trips of one statement in a transaction; a loop in the source that sends it; a pool that is at its limit with
    short statements.

Contradicts:
    Sessions that do nothing, or wait for a lock.

Explains:
    A pool that is too small, its timeouts, time that is not the database's.

Wrong when:
    The loop runs over two or three steps. Looked at: the round trips of a transaction, in the server's statistics.

Source:
    SQLAlchemy documentation, "Relationship Loading Techniques"; seen with 1,000 loads of 0.1 ms that took 12 s.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="A query is sent for each step of a loop",
    urgency=Urgency.RISK,
    shows=checks(slow="n-plus-one query-in-loop commit-per-row", lint="query-in-loop commit-in-loop"),
    fits=checks(pool="pool-too-small worker-at-limit contended-wait", slow="not-the-database", logs="ran-out-unseen"),
    explains=frozenset(
        {
            *("pool-too-small", "worker-at-limit", "hoarding-worker", "pool-timeout", "not-the-database"),
            *("asyncpg-pool-timeout", "pgbouncer-query-wait", "bouncer-clients-waiting", "headroom-low"),
        }
    ),
    against=frozenset({"leaked-transactions", "held-by-requests", "blocking-session", "event-loop-blocked"}),
    change="One statement for all: select(...).where(column.in_(ids)), or selectinload() where a relationship is read.",
    next=("forge-doctor slow --duration 10   # round trips of each statement in a transaction",),
    opened=Opened.LOOPED,
    depth=4,
    absent="no statement is sent again and again within one transaction",
)
