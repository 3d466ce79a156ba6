"""A pooler (Supavisor, pgcat, RDS Proxy, Odyssey, PgDog ...) has no client or server connection left.

Means: pool_size + max_overflow times processes is more than the pooler's limit; in session mode every
    client holds a server connection for as long as it is connected.
Matches: Supavisor's `Max client connections reached`, `MaxClientsInSessionMode`, `(EMAXCONN)`; pgcat's
    `could not get connection from the pool` and its log's `Could not get connection from pool: {`; RDS Proxy's
    `Timed-out waiting to acquire database connection`;
    Pgpool-II's `Sorry, too many clients already`, with a capital where PostgreSQL has none; Odyssey's `too many client tcp
    connections (global client_max)`, `too many active clients for user (pool_size for ...)` and its log's `route connection
    limit reached for client`; PgDog's `checkout timeout`
Ignores: the words in quotes, in an access log or below WARNING
Source: supabase/supavisor tests (`(EMAXCONN) max client connections reached`), postgresml/pgcat
    src/client.rs, Pgpool-II 4.8devel src/protocol/child.c (reserved_connections), yandex/odyssey of
    August 2026 sources/frontend.c, PgDog 0.1.54 pgdog/src/backend/pool/error.rs, AWS RDS Proxy troubleshooting table;
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
        "connections (global client_max",
        "connections (client_max for user ",
        "too many active clients for user (pool_size for ",
        "onnection limit reached for ",
        "checkout timeout",
    ),
    pattern=(
        "[Mm]ax client connections reached|MaxClientsInSessionMode|max clients reached|could not get "
        "connection from the pool|Could not get connection from pool: \\{"
        "|Timed-out waiting to acquire database connection|Sorry, too many clients already"
        r"|too many (?:client )?tcp connections \((?:global client_max|client_max for user )"
        r"|too many active clients for user \(pool_size for "
        r"|(?:global connection limit reached for '[^'\n]{1,80}' client|route connection limit reached for client ')"
        r"|(?:ERROR: +|FATAL: +|pgdog[^\n]{0,200}|Error: )(?:replica )?checkout timeout\b"
    ),
    exceptions=(
        "psycopg2.OperationalError",
        "sqlalchemy.exc.OperationalError",
        "asyncpg.exceptions.InternalServerError",
    ),
    source="supavisor",
    versions="Supavisor 1 and 2, pgcat 1, RDS Proxy, Pgpool-II 4, Odyssey, PgDog 0.1",
    category="limits",
    severity=Severity.CRITICAL,
    tier=2,
    meaning=(
        "A pooler (Supavisor, pgcat, RDS Proxy, Pgpool-II, Odyssey, PgDog) has no client or server connection left."
    ),
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
