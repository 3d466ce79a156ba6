"""One statement takes long, and everything that needs a connection waits for it.

Why:
    A statement without an index, or of too many rows, keeps its connection for seconds. Under load all connections are in
    it, and requests that have nothing to do with it wait for the pool.

Confirms:
    Sessions active in one statement for long; the same statement first in the server's statistics, with a plan that says
    why; the line that sends it.

Contradicts:
    A lock it waits for: then the holder is the cause.

Explains:
    Statement timeouts, timeouts of the pool, a pool that looks too small.

Wrong when:
    It is a report or a backup that may take long. Looked at: whether anybody waits.

Source:
    PostgreSQL documentation, pg_stat_activity and "Using EXPLAIN".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="A statement takes long, and its connections are missing elsewhere",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(
        pool="long-statement pool-too-small:long-statements worker-at-limit:long-statements",
        slow="missing-index index-defeated-by-expression leading-wildcard json-without-gin cartesian-product deep-offset "
        "count-of-big-table too-many-rows multiplied-rows sort-spill stale-statistics generic-plan-trap jit-overhead dead-rows",
    ),
    fits=checks(
        pool="connections-held-at-line pool-too-small worker-at-limit contended-wait long-transaction",
        logs="asyncpg-command-timeout statement-timeout",
    ),
    explains=frozenset(
        {
            *("statement-timeout", "asyncpg-command-timeout", "user-cancel", "pool-timeout", "pool-too-small"),
            *("worker-at-limit", "hoarding-worker", "long-transaction", "contended-wait", "headroom-low"),
            *("slots-reserved", "too-many-clients", "no-slot-left", "shm-resize", "recovery-conflict"),
            *("pgbouncer-query-wait", "bouncer-clients-waiting", "transaction-timeout", "long-statement"),
        }
    ),
    against=frozenset({"blocking-session", "slow-by-lock"}),
    change="The index or the query that forge-doctor slow proposes for this statement; until then a statement_timeout for the role.",
    next=("forge-doctor slow   # the plan, and why it takes long",),
    depth=4,
    absent="no statement runs for long",
)
