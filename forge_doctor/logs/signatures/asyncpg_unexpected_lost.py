"""The server closed during the connection handshake.

Means: Server starting or stopping, TLS mismatch, a proxy that refuses.
Matches: `unexpected connection_lost() call` (ConnectionError)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0 asyncpg/connect_utils.py, asyncpg 0.30.0 asyncpg/connect_utils.py, asyncpg 0.32.0
    asyncpg/connect_utils.py; versions 0.22+;
    https://magicstack.github.io/asyncpg/current/api/index.html#connection
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("unexpected connection_lost() call",),
    pattern=r"unexpected connection_lost\(\) call",
    exceptions=("ConnectionError",),
    source="asyncpg",
    versions="0.22+",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="The server closed during the connection handshake.",
    cause="Server starting or stopping, TLS mismatch, a proxy that refuses.",
    fix="Check the server's log and the ssl settings; retry with back-off at start-up.",
    doc="https://magicstack.github.io/asyncpg/current/api/index.html#connection",
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
