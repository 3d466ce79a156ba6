"""A query was sent on a connection that is already closed.

Means: The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping
    noticed.
Matches: `connection is closed` (asyncpg.exceptions.InterfaceError); also: `cannot perform operation:
    connection is closed`; `cannot call Transaction.rollback(): the underlying connection is closed`; `cannot
    call PreparedStatement.fetch(): the underlying connection is closed`
Ignores: the words without an InterfaceError before them
Source: asyncpg 0.27.0 asyncpg/connection.py, asyncpg 0.30.0 asyncpg/connection.py, asyncpg 0.32.0
    asyncpg/connection.py, asyncpg 0.32.0 asyncpg/protocol/protocol.pyx (as: 'cannot perform operation:
    connection is closed'); versions all;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection is closed",),
    pattern=r"(?:InterfaceError\W[^\n]*|cannot perform operation: )connection is closed",
    exceptions=("asyncpg.exceptions.InterfaceError",),
    source="asyncpg",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=1,
    meaning="A query was sent on a connection that is already closed.",
    cause=(
        "The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping noticed."
    ),
    fix="pool_pre_ping=True, pool_recycle below the firewall's idle limit.",
    doc="https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic",
    tells="who closed the connection stands in the database's own log: read together, the two are joined by time",
    explained_by=(
        "idle-in-transaction",
        "idle-session",
        "transaction-timeout",
        "admin-shutdown",
        "crash-other-process",
        "backend-signal",
        "shutting-down",
        "pgbouncer-query-wait",
        "pgbouncer-server-crashed",
        "pgbouncer-server-login",
    ),
    fallout=True,
)
