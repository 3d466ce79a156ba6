"""The server, or the pooler in front of it, offers no TLS, and the client asks for it.

Means: `ssl = off` on the server, a pooler without certificates, or a port that is not PostgreSQL's; a
    server that is out of slots can look the same to asyncpg.
Matches: `PostgreSQL server at "..." rejected SSL upgrade` (asyncpg), `server does not support SSL, but SSL
    was required` (libpq)
Ignores: the words in quotes, in an access log or below WARNING
Source: asyncpg 0.27.0, 0.30.0 and 0.32.0 asyncpg/connect_utils.py, libpq and OpenSSL 3 (Debian 12,
    strings); https://www.postgresql.org/docs/current/libpq-ssl.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("rejected SSL upgrade", "server does not support SSL, but SSL was required"),
    pattern="rejected SSL upgrade|server does not support SSL, but SSL was required",
    exceptions=("ConnectionError", "psycopg2.OperationalError", "psycopg.OperationalError"),
    source="asyncpg",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The server, or the pooler in front of it, offers no TLS, and the client asks for it.",
    cause=(
        "`ssl = off` on the server, a pooler without certificates, or a port that is not "
        "PostgreSQL's; a server that is out of slots can look the same to asyncpg."
    ),
    fix=(
        "Switch TLS on at the server (or the pooler); inside a trusted network ask for it only where "
        "offered: ssl=prefer. Look into the server's log for that second: it may have refused for "
        "another reason."
    ),
    doc="https://www.postgresql.org/docs/current/libpq-ssl.html",
    detail='server at \\"([^\\"]+)\\"',
)
