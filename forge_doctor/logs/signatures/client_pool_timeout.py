"""A pool of another language's library had no connection to give in time.

Means: More requests at once than the pool has connections, or connections that are held too long: across calls to other
    services, in transactions that wait for a lock, or never given back. The request told of is a victim, rarely the holder.
Matches: HikariCP's `Connection is not available, request timed out after 30000ms`; Prisma's `Timed out fetching a new connection
    from the connection pool`; node-postgres' `timeout exceeded when trying to connect`; Knex's `Timeout acquiring a connection.
    The pool is probably full`; Sequelize's `SequelizeConnectionAcquireTimeoutError`; Active Record's `could not obtain a connection
    from the pool within` and, before Rails 5, `could not obtain a database connection within`; Rust's `pool timed out while
    waiting for an open connection` (sqlx); Ecto's `connection not available and request was dropped from queue after`;
    Npgsql's `The connection pool has been exhausted`; Tomcat's `Unable to fetch a connection in`
Ignores: the words in quotes, in an access log or below WARNING
Source: HikariCP 5 HikariPool.java (createTimeoutException); Prisma error P2024; pg-pool index.js; knex lib/client.js;
    sequelize connection-manager; Rails activerecord connection_pool.rb (ConnectionTimeoutError); sqlx-core error.rs (PoolTimedOut);
    db_connection lib/db_connection/connection_error; Npgsql PoolingDataSource.cs; tomcat-jdbc ConnectionPool.java;
    https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "Connection is not available, request timed out after",
        "Timed out fetching a new connection from the",
        "timeout exceeded when trying to connect",
        "Timeout acquiring a connection. The pool is probably full",
        "SequelizeConnectionAcquireTimeoutError",
        "could not obtain a connection from the pool within",
        "could not obtain a database connection within",
        "pool timed out while waiting for an open connection",
        "connection not available and request was dropped from queue after",
        "The connection pool has been exhausted, either raise",
        "Unable to fetch a connection in ",
    ),
    pattern=(
        r"Connection is not available, request timed out after|Timed out fetching a new connection from the (?:connection )?pool"
        r"|timeout exceeded when trying to connect|Timeout acquiring a connection\. The pool is probably full"
        r"|SequelizeConnectionAcquireTimeoutError|could not obtain a (?:connection from the pool|database connection) within"
        r"|pool timed out while waiting for an open connection"
        r"|connection not available and request was dropped from queue after"
        r"|The connection pool has been exhausted, either raise|Pool empty\. Unable to fetch a connection in "
    ),
    exceptions=(),
    source="hikaricp, prisma, pg-pool, knex, sequelize, activerecord, sqlx, db_connection, npgsql, tomcat-jdbc",
    versions="all",
    category="pool",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="Every connection of a pool of another language's library was in use for longer than a request may wait.",
    cause=(
        "More requests at once than the pool has connections, or connections held too long: across calls to other services, "
        "in transactions that wait for a lock, or never given back."
    ),
    fix=(
        "Find who holds: pg_stat_activity shows sessions idle in a transaction and those that wait for a lock. Give connections "
        "back before calls to other services; only then enlarge the pool, within the server's max_connections."
    ),
    doc="https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing",
    tells="the request told of waited in vain (a victim); who holds the connections is not in this log",
    explained_by=("slots-reserved", "too-many-clients", "idle-in-transaction", "lock-timeout", "connect-refused"),
    checks=("idle-in-transaction", "leaked-transactions", "pool-exceeds-slots"),
)
