"""The TCP connection went away while a query was waiting.

Means: Server restart or crash, failover, pg_terminate_backend, pgbouncer or a load balancer closing, OOM kill
    of the backend.
Matches: `connection was closed in the middle of operation` (asyncpg.exceptions.ConnectionDoesNotExistError)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/protocol/protocol.pyx, asyncpg 0.30.0 asyncpg/protocol/protocol.pyx, asyncpg
    0.32.0 asyncpg/protocol/protocol.pyx; versions 0.x - 0.32;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection was closed in the middle of operation",),
    pattern="connection was closed in the middle of operation",
    exceptions=("asyncpg.exceptions.ConnectionDoesNotExistError",),
    source="asyncpg",
    versions="0.x - 0.32",
    category="connection",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The TCP connection went away while a query was waiting.",
    cause=(
        "Server restart or crash, failover, pg_terminate_backend, pgbouncer or a load balancer "
        "closing, OOM kill of the backend."
    ),
    fix=(
        "Look at the database's own log at that second. pool_pre_ping=True helps idle "
        "connections; in-flight work must be retried."
    ),
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
