"""Synchronous code stops the event loop of a worker.

Why:
    A synchronous call inside `async def` stops everything in the worker: requests are not accepted, transactions stay
    open and connections look leaked although the database has nothing to do.

Confirms:
    Requests that nobody accepts or reads while nothing runs in the database; the line the loop stood in, in every sample
    of its stack; asyncio's own warning of a slow callback; a synchronous session or call in an `async def`.

Contradicts:
    Event loops that wait for events in every sample.

Explains:
    Workers ended by their supervisor, connects that time out, connections that look leaked, timeouts of the pool.

Wrong when:
    The worker is only busy with a burst. Looked at: how long requests have lain unread, and the stacks.

Source:
    Python documentation, "Developing with asyncio"; seen with uvicorn 0.54.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="Synchronous code blocks the event loop",
    urgency=Urgency.OUTAGE,
    shows=checks(
        pool="event-loop-blocked",
        logs="slow-callback",
        lint="sync-session-in-async-def blocking-call-with-session sync-driver-in-async-engine",
    ),
    fits=checks(logs="gunicorn-worker-timeout uvicorn-worker-died", slow="not-the-database"),
    explains=frozenset(
        {
            *("gunicorn-worker-timeout", "uvicorn-worker-died", "asyncpg-connect-timeout", "connect-timeout"),
            *("leaked-transactions", "held-by-requests", "pool-timeout", "idle-in-transaction", "long-transaction"),
            *("not-the-database", "asyncpg-command-timeout", "slow-callback", "worker-oom", "blocking-session:idle"),
            *("asyncpg-closed-mid-operation", "server-unexpected-eof", "slow-code-in-transaction", "worker-signal-old"),
            *("pool-waits-for-itself", "worker-at-limit", "hoarding-worker"),
            *("lock-timeout", "reset-by-peer", "pool-idle-in-transaction", "abandoned-sessions"),
        }
    ),
    against=frozenset({"stopped-process"}),
    change="await asyncio.to_thread(...)   # or an asynchronous client (asyncpg, httpx) in its place",
    next=("py-spy dump --pid PID   # of the worker: names the line its loop stands in",),
    depth=0,
    absent="every worker accepts and reads its requests: no event loop stands still",
)
