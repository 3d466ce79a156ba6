"""The server is not ready yet.

Means: Application started before the database, or the server is recovering.
Matches: `the database system is starting up` (asyncpg.exceptions.CannotConnectNowError (57P03))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/backend_startup.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6
    server binary; versions all; https://www.postgresql.org/docs/current/server-start.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the database system is starting up",),
    pattern="the database system is starting up",
    exceptions=("asyncpg.exceptions.CannotConnectNowError",),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.WARNING,
    tier=1,
    meaning="The server is not ready yet.",
    cause="Application started before the database, or the server is recovering.",
    fix="Health check + depends_on: condition: service_healthy; retry with back-off.",
    doc="https://www.postgresql.org/docs/current/server-start.html",
    explained_by=("admin-shutdown", "crash-other-process", "backend-signal"),
)
