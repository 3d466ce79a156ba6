"""The server went away in the middle (libpq drivers).

Means: Restart, crash, termination, proxy timeout.
Matches: `server closed the connection unexpectedly` (psycopg.OperationalError / psycopg2.OperationalError);
    also: `This probably means the server terminated abnormally before or while processing the request.`;
    `consuming input failed: server closed the connection unexpectedly (psycopg 3)`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/interfaces/libpq/fe-misc.c, PostgreSQL 17.11 src/interfaces/libpq/fe-secure.c,
    libpq (Debian 12, strings); versions all;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("server closed the connection unexpectedly",),
    pattern="server closed the connection unexpectedly",
    exceptions=("psycopg.OperationalError", "psycopg2.OperationalError"),
    source="libpq",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The server went away in the middle (libpq drivers).",
    cause="Restart, crash, termination, proxy timeout.",
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
)
