"""The server takes connections with TLS only, and the client asked without.

Means: A managed database that enforces TLS, and a URL without `ssl=require` (asyncpg) or `sslmode=require`
    (libpq).
Matches: Neon's `connection is insecure (try using ...`, pgbouncer's `SSL required`
Ignores: the words in quotes, in an access log or below WARNING
Source: neondatabase/neon proxy, pgbouncer (Debian 12, strings: `SSL required`);
    https://www.postgresql.org/docs/current/libpq-ssl.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connection is insecure (try using", "SSL required"),
    pattern="connection is insecure \\(try using|\\bSSL required\\b",
    exceptions=("psycopg2.OperationalError", "psycopg.OperationalError", "asyncpg.exceptions.ProtocolViolationError"),
    source="postgresql",
    versions="managed servers, pgbouncer",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The server takes connections with TLS only, and the client asked without.",
    cause=(
        "A managed database that enforces TLS, and a URL without `ssl=require` (asyncpg) or `sslmode=require` (libpq)."
    ),
    fix="Add `?ssl=require` for asyncpg, `?sslmode=require` for libpq's drivers.",
    doc="https://www.postgresql.org/docs/current/libpq-ssl.html",
)
