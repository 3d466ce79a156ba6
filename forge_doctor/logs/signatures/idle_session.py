"""An idle pooled connection was closed by the server.

Means: idle_session_timeout is shorter than the pool keeps connections.
Matches: `terminating connection due to idle-session timeout` (asyncpg.exceptions.IdleSessionTimeoutError
    (57P05))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c, PostgreSQL 15.18 server binary, PostgreSQL 18.6 server
    binary; versions 14+;
    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("terminating connection due to idle-session timeout",),
    pattern=r"terminating connection due to idle\-session timeout",
    exceptions=("asyncpg.exceptions.IdleSessionTimeoutError",),
    source="postgresql",
    versions="14+",
    category="connection",
    severity=Severity.WARNING,
    tier=2,
    meaning="An idle pooled connection was closed by the server.",
    cause="idle_session_timeout is shorter than the pool keeps connections.",
    fix="pool_recycle below it, pool_pre_ping=True, or do not set it for pooled clients.",
    doc=("https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT"),
)
