"""A session is begun and never ended.

Why:
    Code that makes a session and neither closes nor commits it keeps one connection each time it runs, until the pool
    or the server has none left. The requests that are then refused stand somewhere else.

Confirms:
    Several sessions idle in transaction after one statement whose ages only grow; an unclosed session in the source, in
    the function that sends the statement or in one that calls it; the pool's warning that a connection was garbage
    collected; the line the process wrote down.

Contradicts:
    As many open requests as held sessions, each come before its session began to idle; a blocked event loop.

Explains:
    Timeouts of the pool, refused connections, transactions the server ended, and whatever else is said of its sessions.

Wrong when:
    A slow call holds the sessions and gives them back. Looked at: the requests in flight, and whether the same transactions
    stay open; where the source shows a call inside the transaction instead, that cause has more to show and wins.

Source:
    SQLAlchemy documentation, "Session Basics"; seen with SQLAlchemy 2.1 and asyncpg 0.32.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="A session is begun and never ended",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(
        pool="leaked-transactions connections-held-at-line:unowned",
        logs="gc-unchecked-in psycopg-deleted-open",
        lint="unclosed-session unclosed-session-in-background close-skipped-on-error dependency-without-cleanup "
        "session-leaves-its-loop scoped-session-never-removed global-session",
    ),
    fits=checks(
        pool="idle-in-transaction long-transaction forgotten-connections pool-idle-in-transaction "
        "slow-code-in-transaction blocking-session:idle aborted-transaction leaked-transactions hoarding-worker "
        "connections-held-at-line",
        logs="idle-in-transaction ran-out-unseen",
    ),
    explains=frozenset(
        {
            *("pool-timeout", "slots-reserved", "too-many-clients", "too-many-role", "too-many-database"),
            *("no-slot-left", "headroom-low", "connection-limit-low", "worker-at-limit", "hoarding-worker"),
            *("pool-too-small", "idle-in-transaction", "blocking-session:idle", "asyncpg-connection-closed"),
            *("connection-closed-sa", "bouncer-clients-waiting", "pgbouncer-query-wait", "pgbouncer-max-client"),
            *("not-the-database", "pool-reset-error", "pool-terminate-error"),
        }
    ),
    against=frozenset({"held-by-requests", "event-loop-blocked", "pool-waits-for-itself", "stopped-process"}),
    change="async with Session() as session: ...   # round everything that uses it; a background task needs one of its own",
    next=(
        "forge-doctor pool --duration 30   # whether the same transactions stay open",
        "forge_doctor.holders.install(engine)   # once, where the engine is made: then the line of each connection is known",
    ),
    opened=Opened.AND_LEFT,
    depth=1,
    absent="no session was seen that was begun and left: none idles after one statement with an age that only grows",
)
