"""One engine is used from two event loops.

Why:
    The connections of an async engine belong to the loop they were made in. A start-up hook with its own asyncio.run(), a
    thread with a loop, or tests that get a new loop each leave connections in the pool that fail wherever they are used
    next.

Confirms:
    "attached to a different loop" or "event loop is closed" in the log; an engine of a module used under asyncio.run() in
    the source.

Contradicts:
    One socket in two processes: that is a fork.

Explains:
    Operations in progress, connections that cannot be reset or closed.

Wrong when:
    A queue or a lock of the application is shared between loops, and no engine. Looked at: the rule names the engine.

Source:
    SQLAlchemy documentation, "Using multiple asyncio event loops".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="One engine is used from two event loops",
    urgency=Urgency.OUTAGE,
    shows=checks(logs="different-loop loop-closed", lint="engine-across-event-loops fixture-outlives-loop"),
    fits=checks(logs="bound-different-loop"),
    explains=frozenset(
        {
            *("asyncpg-another-operation", "illegal-state-change", "pool-reset-error", "pool-terminate-error"),
            *("bound-different-loop", "loop-closed", "different-loop", "invalidated-tx", "asyncpg-connection-closed"),
            *("task-exception-unretrieved", "gc-unchecked-in"),
        }
    ),
    against=frozenset({"connection-shared-after-fork"}),
    change="await engine.dispose() in the loop that used it, before the next begins; or an engine of its own, with NullPool, for each loop",
    next=("forge-doctor lint   # which engine is used under asyncio.run()",),
    local=False,
    held=False,
    opened=Opened.SETTING,
    depth=2,
)
