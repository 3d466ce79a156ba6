"""The TLS connection ended without a goodbye.

Means: Server killed, network cut, idle connection dropped by a load balancer.
Matches: `SSL SYSCALL error` (psycopg.OperationalError / psycopg2.OperationalError); also: `SSL SYSCALL error:
    EOF detected`; `SSL connection has been closed unexpectedly`; `SSL error: unexpected eof while reading
    (OpenSSL 3 behind psycopg's binary wheels; seen in our own run)`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/interfaces/libpq/fe-secure-openssl.c, libpq (Debian 12, strings); versions all;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("SSL SYSCALL error", "SSL connection has been closed unexpectedly", "SSL error: unexpected eof"),
    pattern=("SSL SYSCALL error|SSL connection has been closed unexpectedly|SSL error: unexpected eof while reading"),
    exceptions=("psycopg.OperationalError", "psycopg2.OperationalError"),
    source="libpq",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The TLS connection ended without a goodbye.",
    cause="Server killed, network cut, idle connection dropped by a load balancer.",
    fix="Keepalives, pool_recycle, pool_pre_ping.",
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
