"""The server is stopping.

Means: Restart, deployment, maintenance.
Matches: `the database system is shutting down` (asyncpg.exceptions.CannotConnectNowError (57P03))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/backend_startup.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6
    server binary; versions all; https://www.postgresql.org/docs/current/server-shutdown.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the database system is shutting down",),
    pattern="the database system is shutting down",
    exceptions=("asyncpg.exceptions.CannotConnectNowError",),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.WARNING,
    tier=1,
    meaning="The server is stopping.",
    cause="Restart, deployment, maintenance.",
    fix="Retry with back-off.",
    doc="https://www.postgresql.org/docs/current/server-shutdown.html",
    explained_by=("admin-shutdown",),
)
