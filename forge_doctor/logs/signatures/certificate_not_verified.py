"""The database server's certificate could not be verified.

Means: Its authority is not in the trust store the client uses (a managed database's own CA, a corporate
    proxy), the name in it is another one, or it has expired.
Matches: `certificate verify failed` under a frame of a PostgreSQL driver, or in libpq's own message
Ignores: the same words of an HTTP client, or without a driver's frame
Wrong when: another TLS peer failed: a driver's frame or libpq's own sentence is asked for
Source: CPython 3.13 ssl, libpq and OpenSSL 3 (Debian 12, strings);
    https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CERTIFICATES
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("certificate verify failed", "CERTIFICATE_VERIFY_FAILED"),
    pattern="certificate verify failed|CERTIFICATE_VERIFY_FAILED",
    exceptions=(
        "ssl.SSLCertVerificationError",
        "psycopg2.OperationalError",
        "psycopg.OperationalError",
        "sqlalchemy.exc.OperationalError",
    ),
    frames=("(?:^|/)(?:asyncpg|psycopg2?|psycopg_pool|sqlalchemy/dialects/postgresql)/",),
    source="cpython",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The database server's certificate could not be verified.",
    cause=(
        "Its authority is not in the trust store the client uses (a managed database's own CA, a "
        "corporate proxy), the name in it is another one, or it has expired."
    ),
    fix=(
        "Give the client the authority's certificate (`ssl.create_default_context(cafile=...)` in "
        "connect_args, `sslrootcert=` for libpq) and the name that stands in it. Do not switch the "
        "check off."
    ),
    doc="https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CERTIFICATES",
    alone="failed: SSL error: certificate verify failed|\\(psycopg2?\\.OperationalError\\)",
    detail="certificate verify failed: ([\\w ]+)",
)
