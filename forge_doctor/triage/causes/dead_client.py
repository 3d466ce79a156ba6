"""The client of a session is gone, and the server has not noticed.

Why:
    A host that vanished, or a network that drops packets, ends no connection: the server keeps the session with its locks
    until TCP gives up, which takes hours by default.

Confirms:
    A session whose client no process here is, while the server's end is established.

Contradicts:
    A client on another host, which cannot be looked at.

Explains:
    The locks it holds, the slots it takes.

Wrong when:
    The client lives in a network of its own. Looked at: the networks that exist on this host alone.

Source:
    PostgreSQL documentation, tcp_keepalives_idle, client_connection_check_interval.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="The client of a session is gone, and the server has not noticed",
    urgency=Urgency.OUTAGE_SOON,
    shows=checks(pool="orphaned-session"),
    fits=checks(pool="abandoned-sessions blocking-session:idle idle-in-transaction", logs="server-unexpected-eof"),
    explains=frozenset(
        {
            *("blocking-session:idle", "blocking-session", "idle-in-transaction", "long-transaction", "foreign-holder"),
            *("lock-timeout", "statement-timeout", "headroom-low", "leaked-transactions", "slots-reserved"),
            *("too-many-clients", "abandoned-sessions", "pool-timeout"),
        }
    ),
    change="ALTER SYSTEM SET tcp_keepalives_idle = '60s';   -- and client_connection_check_interval: dead clients are then noticed",
    held=False,
    depth=0,
)
