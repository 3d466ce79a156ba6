"""The server, or pg_terminate_backend(), closed this connection.

Means: Restart, maintenance, failover, or an operator killing sessions.
Matches: `terminating connection due to administrator command` (asyncpg.exceptions.AdminShutdownError (57P01))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/server-shutdown.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("terminating connection due to administrator command",),
    pattern="terminating connection due to administrator command",
    exceptions=("asyncpg.exceptions.AdminShutdownError",),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The server, or pg_terminate_backend(), closed this connection.",
    cause="Restart, maintenance, failover, or an operator killing sessions.",
    fix="Check the server's log at that time; pre-ping and retry.",
    doc="https://www.postgresql.org/docs/current/server-shutdown.html",
)
