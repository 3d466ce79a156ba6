"""A stream or a WebSocket keeps a connection for as long as its client stays.

Why:
    What a dependency yields lives until the response has been sent to the end: for an event stream or a WebSocket that
    is for ever. Each client takes a connection and does nothing with it.

Confirms:
    As many open streams in a worker as connections held; the session read in a stream's generator, in the source.

Contradicts:
    Requests that come and go.

Explains:
    Timeouts of the pool, refused connections, connections that look leaked.

Wrong when:
    Connections are only kept alive between two requests. Looked at: which of them speak.

Source:
    FastAPI documentation, "Dependencies with yield".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="A stream or WebSocket keeps a connection for as long as its client stays",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(pool="held-by-requests:streams", lint="session-in-stream session-kept-for-websocket"),
    fits=checks(
        pool="connections-held-at-line "
        "held-by-requests leaked-transactions pool-idle-in-transaction idle-in-transaction forgotten-connections",
        logs="ran-out-unseen",
    ),
    explains=frozenset(
        {
            *("pool-timeout", "slots-reserved", "too-many-clients", "no-slot-left", "headroom-low", "worker-at-limit"),
            *("pool-too-small", "leaked-transactions", "idle-in-transaction", "hoarding-worker", "not-the-database"),
        }
    ),
    against=frozenset({"stopped-process"}),
    change="Read what the stream needs, then end the session before the response begins; open one again for each piece it sends.",
    next=("forge-doctor pool --duration 10   # how many requests hold a connection, and for how long",),
    opened=Opened.STREAMED,
    depth=2,
    absent="no open stream accounts for the connections held",
)
