"""The server crashed and is replaying its log.

Means: The OOM killer hit a backend, a crash in an extension.
Matches: `the database system is in recovery mode` (asyncpg.exceptions.CannotConnectNowError (57P03))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/backend_startup.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6
    server binary; versions all; https://www.postgresql.org/docs/current/wal-intro.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the database system is in recovery mode",),
    pattern="the database system is in recovery mode",
    exceptions=("asyncpg.exceptions.CannotConnectNowError",),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The server crashed and is replaying its log.",
    cause="The OOM killer hit a backend, a crash in an extension.",
    fix="Find the crash in the server's log.",
    doc="https://www.postgresql.org/docs/current/wal-intro.html",
    explained_by=("backend-signal", "crash-other-process"),
)
