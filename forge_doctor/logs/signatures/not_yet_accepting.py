"""The server is recovering and has not reached a consistent state.

Means: Just after a crash or an unclean stop, or a standby starting.
Matches: `the database system is not yet accepting connections` (asyncpg.exceptions.CannotConnectNowError
    (57P03)); also: `the database system is not accepting connections`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/backend_startup.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6
    server binary; versions 14+; https://www.postgresql.org/docs/current/server-start.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("the database system is not yet accepting", "the database system is not accepting"),
    pattern="the database system is not (?:yet )?accepting connections",
    exceptions=("asyncpg.exceptions.CannotConnectNowError",),
    source="postgresql",
    versions="14+",
    category="server-lifecycle",
    severity=Severity.WARNING,
    tier=1,
    meaning="The server is recovering and has not reached a consistent state.",
    cause="Just after a crash or an unclean stop, or a standby starting.",
    fix="Retry with back-off; look for the crash in the server's log.",
    doc="https://www.postgresql.org/docs/current/server-start.html",
    explained_by=("backend-signal", "crash-other-process"),
)
