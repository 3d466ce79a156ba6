"""The database's CONNECTION LIMIT is reached.

Means: workers x (pool_size + max_overflow) over all replicas is above max_connections; engines made per
    request; leaked connections. Here: with a limit set on the role (managed databases do).
Matches: `too many connections for database` (asyncpg.exceptions.TooManyConnectionsError (53300))
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/utils/init/postinit.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/sql-createdatabase.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("too many connections for database",),
    pattern="too many connections for database",
    exceptions=("asyncpg.exceptions.TooManyConnectionsError",),
    source="postgresql",
    versions="all",
    category="server-limit",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The database's CONNECTION LIMIT is reached.",
    cause=(
        "workers x (pool_size + max_overflow) over all replicas is above max_connections; engines"
        " made per request; leaked connections. Here: with a limit set on the role (managed "
        "databases do)."
    ),
    fix="Lower the pools or ALTER DATABASE ... CONNECTION LIMIT.",
    doc="https://www.postgresql.org/docs/current/sql-createdatabase.html",
    detail='for database "([^"]+)"',
    rules=("engine-per-request",),
    checks=("connection-limit-low", "pool-exceeds-slots"),
)
