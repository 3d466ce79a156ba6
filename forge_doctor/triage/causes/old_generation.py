"""Workers of an older deployment still hold connections.

Why:
    A worker that was told to end waits for something that does not, and keeps its pool. Two generations together want more
    slots than one.

Confirms:
    Workers that no longer listen, older than those that do, with connections of their own.

Contradicts:
    A reload that is only seconds old.

Explains:
    Refused connections after a deployment, sessions of somebody else.

Wrong when:
    The old workers are still answering their last requests. Looked at: how long they have not listened.

Source:
    gunicorn documentation, "Signal Handling"; seen with gunicorn 27 and uvicorn 0.54.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="Workers of an older deployment still hold connections",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(pool="old-generation"),
    fits=checks(logs="worker-stopped"),
    explains=frozenset(
        {
            *("slots-reserved", "too-many-clients", "too-many-role", "too-many-database", "no-slot-left"),
            *("headroom-low", "connection-limit-low", "foreign-holder", "idle-in-transaction", "hoarding-worker"),
            *("blocking-session:idle", "leaked-transactions", "undefined-table", "long-transaction"),
        }
    ),
    against=frozenset({"stopped-process"}),
    change="A limit for the end: uvicorn --timeout-graceful-shutdown, gunicorn --graceful-timeout, and tasks that end with the lifespan.",
    local=False,
    held=False,
    depth=2,
    absent="every worker that holds connections listens as well",
)
