"""A statement, cursor or transaction was used after its connection had closed.

Means: The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and no pre-ping
    noticed. Here: mid-transaction.
Matches: `the underlying connection is closed` (asyncpg.exceptions.InterfaceError)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/connresource.py, asyncpg 0.30.0 asyncpg/connresource.py, asyncpg 0.32.0
    asyncpg/connresource.py; versions all;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the underlying connection is closed",),
    pattern="the underlying connection is closed",
    exceptions=("asyncpg.exceptions.InterfaceError",),
    source="asyncpg",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="A statement, cursor or transaction was used after its connection had closed.",
    cause=(
        "The server closed an idle pooled connection (restart, idle timeout, NAT or firewall) and"
        " no pre-ping noticed. Here: mid-transaction."
    ),
    fix="pool_pre_ping=True, pool_recycle below the firewall's idle limit.",
    doc="https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects",
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
