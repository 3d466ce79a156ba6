"""A request that holds one connection waits for a second one of the same pool.

Why:
    An audit, a nested service or a middleware opens a session of its own while the request's first one keeps its
    connection. As many such requests as the pool has connections take all of them and wait for each other.

Confirms:
    All connections of a worker idle in transaction since one moment, nothing runs, more requests than connections; a
    second session inside the first in the source.

Contradicts:
    Requests that await one slow service: then the source shows a call.

Explains:
    Timeouts of the pool, connections that look leaked.

Wrong when:
    All those requests began something slow at one moment: calls to other services without an answer deny it, timers and
    threads look alike.

Source:
    SQLAlchemy documentation, "Connection Pooling", QueuePool.timeout.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="Requests that hold one connection wait for a second one of the same pool",
    urgency=Urgency.OUTAGE,
    shows=checks(pool="pool-waits-for-itself", lint="second-session-inside-first session-around-call-next"),
    fits=checks(
        pool="connections-held-at-line "
        "leaked-transactions held-by-requests pool-idle-in-transaction idle-in-transaction slow-code-in-transaction "
        "worker-at-limit",
        logs="ran-out-unseen",
    ),
    explains=frozenset(
        {
            *("pool-timeout", "leaked-transactions", "held-by-requests", "idle-in-transaction", "worker-at-limit"),
            *("pool-too-small", "hoarding-worker", "not-the-database", "long-transaction", "slow-code-in-transaction"),
            *("pool-idle-in-transaction", "asyncpg-pool-timeout"),
        }
    ),
    against=frozenset({"stopped-process"}),
    change="One session a request: pass the one it has to what it calls, instead of opening a second.",
    next=("forge-doctor pool --duration 10   # transactions that end meanwhile were slow, not stuck",),
    opened=Opened.BESIDE,
    depth=1,
    absent="no pool has all its connections idle in transaction since one moment",
)
