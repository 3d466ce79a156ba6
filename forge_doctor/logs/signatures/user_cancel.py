"""The client (or pg_cancel_backend) cancelled the statement.

Means: asyncio cancellation: client gone, wait_for() timeout, command_timeout; an administrator.
Matches: `canceling statement due to user request` (asyncpg.exceptions.QueryCanceledError (57014))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/functions-admin.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("canceling statement due to user request",),
    pattern="canceling statement due to user request",
    exceptions=("asyncpg.exceptions.QueryCanceledError",),
    source="postgresql",
    versions="all",
    category="timeout",
    severity=Severity.WARNING,
    tier=2,
    meaning="The client (or pg_cancel_backend) cancelled the statement.",
    cause=("asyncio cancellation: client gone, wait_for() timeout, command_timeout; an administrator."),
    fix="Look for the cancellation on the client side.",
    doc="https://www.postgresql.org/docs/current/functions-admin.html",
)
