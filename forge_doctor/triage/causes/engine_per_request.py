"""An engine is made again and again instead of once.

Why:
    Each engine has a pool of its own. One made for every request or tenant opens a connection each time, and leaves it
    behind.

Confirms:
    Connections that are opened and closed all the time, or more of them in a worker than one pool may have; an engine
    made in a function that runs for each request.

Contradicts:
    NullPool, or a pooler in between, on purpose.

Explains:
    Refused connections, connections nobody uses.

Wrong when:
    The engines are few and kept (one a tenant): then their number times their size is what must fit.

Source:
    SQLAlchemy documentation, "Engine Configuration": one engine per database for the life of the process.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="An engine is made again and again instead of once",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(pool="several-engines", slow="connection-per-request", lint="engine-per-request"),
    fits=checks(
        pool="connection-churn idle-connections-pile-up pool-oversized hoarding-worker worker-at-limit",
        logs="ran-out-unseen",
    ),
    explains=frozenset(
        {
            *("slots-reserved", "too-many-clients", "too-many-role", "no-slot-left", "headroom-low", "pool-oversized"),
            *("hoarding-worker", "worker-at-limit", "connection-churn", "idle-connections-pile-up"),
        }
    ),
    change="engine = create_async_engine(...)   # once, at the top of a module or in the lifespan; dispose of it at the end",
    next=("forge-doctor pool --duration 10   # how many connections are opened",),
    held=False,
    opened=Opened.ENGINE,
    depth=3,
)
