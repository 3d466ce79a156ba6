"""pgbouncer turned a client away because of its own configuration.

Means: The database that auth_query is to be run on is missing, or auth_user may not log in there; with `auth_type = any` the
    database has no user of its own. What it is, pgbouncer's own log says in the line before.
Matches: `bouncer config error`, as a client is told (psycopg.OperationalError, asyncpg.exceptions.ProtocolViolationError) and
    pgbouncer logs it
Ignores: the words in quotes, in an access log or below WARNING
Source: pgbouncer 1.25.1 src/client.c (set_pool), src/objects.c (disconnect_client_sqlstate);
    https://www.pgbouncer.org/config.html#auth_query
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("bouncer config error",),
    pattern="bouncer config error",
    exceptions=("asyncpg.exceptions.ProtocolViolationError",),
    source="pgbouncer",
    versions="all",
    category="pooler",
    severity=Severity.ERROR,
    tier=2,
    meaning="pgbouncer turned a client away because of its own configuration.",
    cause=(
        "The database that auth_query is to be run on is missing, or auth_user may not log in there; with auth_type = any the "
        "database has no user of its own."
    ),
    fix=(
        "Read the line before it in pgbouncer's log. Give auth_user CONNECT on that database, name an auth_dbname that exists, or "
        "list the user in auth_file."
    ),
    doc="https://www.pgbouncer.org/config.html#auth_query",
    explained_by=("pgbouncer-server-login", "no-database", "role-missing", "password-failed", "insufficient-privilege"),
)
