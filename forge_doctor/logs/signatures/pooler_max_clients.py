"""A pooler (Supavisor, pgcat, RDS Proxy, Pgpool-II) has no client or server connection left.

Means: pool_size + max_overflow times processes is more than the pooler's limit; in session mode every
    client holds a server connection for as long as it is connected.
Matches: Supavisor's `Max client connections reached`, `MaxClientsInSessionMode`, `(EMAXCONN)`; pgcat's
    `could not get connection from the pool` and its log's `Could not get connection from pool: {`; RDS Proxy's
    `Timed-out waiting to acquire database connection`;
    Pgpool-II's `Sorry, too many clients already`, with a capital where PostgreSQL has none
Ignores: the words in quotes, in an access log or below WARNING
Source: supabase/supavisor tests (`(EMAXCONN) max client connections reached`), postgresml/pgcat
    src/client.rs, Pgpool-II 4.8devel src/protocol/child.c (reserved_connections), AWS RDS Proxy troubleshooting table;
    https://supabase.com/docs/guides/database/connection-management
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "ax client connections reached",
        "MaxClientsInSessionMode",
        "max clients reached",
        "ould not get connection from ",
        "Timed-out waiting to acquire database connection",
        "Sorry, too many clients already",
    ),
    pattern=(
        "[Mm]ax client connections reached|MaxClientsInSessionMode|max clients reached|could not get "
        "connection from the pool|Could not get connection from pool: \\{"
        "|Timed-out waiting to acquire database connection|Sorry, too many clients already"
    ),
    exceptions=(
        "psycopg2.OperationalError",
        "sqlalchemy.exc.OperationalError",
        "asyncpg.exceptions.InternalServerError",
    ),
    source="supavisor",
    versions="Supavisor 1 and 2, pgcat 1, RDS Proxy, Pgpool-II 4",
    category="limits",
    severity=Severity.CRITICAL,
    tier=2,
    meaning=("A pooler (Supavisor, pgcat, RDS Proxy, Pgpool-II) has no client or server connection left."),
    cause=(
        "pool_size + max_overflow times processes is more than the pooler's limit; in session mode "
        "every client holds a server connection for as long as it is connected."
    ),
    fix=(
        "Count (pool_size + max_overflow) times processes against the pooler's limit and lower them; "
        "use the transaction port (6543 at Supabase) with statement_cache_size=0; look for sessions "
        "held across slow awaits."
    ),
    doc="https://supabase.com/docs/guides/database/connection-management",
    explained_by=("slots-reserved", "too-many-clients"),
    rules=("engine-per-request",),
    checks=("pool-exceeds-slots", "bouncer-clients-waiting"),
)
