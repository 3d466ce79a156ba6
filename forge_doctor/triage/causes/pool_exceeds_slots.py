"""The pools may open more connections than the server has slots.

Why:
    Workers times (pool_size + max_overflow) is more than the server gives. Nothing happens until load or a deployment
    makes the pools grow; then new connections are refused at whatever line asks.

Confirms:
    The arithmetic of the running workers against the server's limits; the same in the source.

Contradicts:
    A pooler in between that keeps the server's side small.

Explains:
    Refused connections, where nobody holds them without need.

Wrong when:
    Workers or replicas were counted wrongly. Looked at: the processes; each number is told with its source.

Source:
    PostgreSQL documentation, max_connections and superuser_reserved_connections.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, Opened, checks

CAUSE = Cause(
    title="The pools may open more connections than the server has slots",
    urgency=Urgency.RISK,
    shows=checks(pool="pool-exceeds-slots bouncer-exceeds-slots", lint="pools-exceed-server"),
    fits=checks(lint="pool-settings-contradict"),
    explains=frozenset(
        {
            *("slots-reserved", "too-many-clients", "too-many-role", "too-many-database", "no-slot-left"),
            *("headroom-low", "connection-limit-low", "pool-oversized", "startup-failed"),
        }
    ),
    change="pool_size and max_overflow so that workers x (pool_size + max_overflow) fits, as the sizing of forge-doctor pool says",
    next=("forge-doctor pool   # the arithmetic, each number with its source",),
    local=False,
    held=False,
    opened=Opened.SETTING,
    depth=7,
    absent="the pools of all workers together fit the server's slots",
)
