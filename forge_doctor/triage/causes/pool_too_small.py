"""The pool is too small for the work, and the server has room.

Why:
    Every connection of the pool is at work with statements of ordinary length and requests wait for one, while the server
    could give more.

Confirms:
    A worker at its limit whose sessions are active, requests that wait, free slots; the pool's timeouts in the log.

Contradicts:
    Connections that are held and do nothing: a larger pool only moves the moment.

Explains:
    Timeouts of the pool.

Wrong when:
    Something makes each statement or transaction long: that cause is told instead, since it explains the same.

Source:
    SQLAlchemy documentation, "Connection Pooling"; Little's law for the size.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="The pool is too small for the work",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(pool="pool-too-small"),
    fits=checks(pool="worker-at-limit hoarding-worker", logs="pool-timeout asyncpg-pool-timeout psycopg-pool-timeout"),
    explains=frozenset(
        {"pool-timeout", "asyncpg-pool-timeout", "psycopg-pool-timeout", "worker-at-limit", "hoarding-worker"}
    ),
    against=frozenset(
        {
            *("leaked-transactions", "held-by-requests", "blocking-session", "event-loop-blocked"),
            *("pool-waits-for-itself", "pool-too-small:long-statements"),
        }
    ),
    change="create_async_engine(..., pool_size=, max_overflow=)   # as the sizing of forge-doctor pool says, not beyond the server's slots",
    next=("forge-doctor pool --duration 30   # how many sessions are in use on the mean, and the size that follows",),
    local=False,
    held=False,
    opened=Opened.SETTING,
    depth=6,
    absent="connections are held, not at work: a larger pool would only move the moment it runs out",
)
