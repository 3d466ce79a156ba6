"""asyncpg prepared a statement under a name that another client had left on this server connection.

Means: pgbouncer (or RDS Proxy, Supavisor) in transaction/statement mode without prepared-statement support.
Matches: `prepared statement "` (asyncpg.exceptions.DuplicatePreparedStatementError); also: `prepared
    statement "__asyncpg_stmt_1__" already exists`
Ignores: other objects that already exist
Source: PostgreSQL 17.11 src/backend/commands/prepare.c (as: 'prepared statement "%s" already exists'),
    asyncpg 0.30.0 asyncpg/exceptions/_base.py (as: 'NOTE: pgbouncer with pool_mode set to "transaction" or');
    versions all;
    https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("DuplicatePreparedStatement", '" already exists'),
    pattern='prepared statement "[^"]*" already exists',
    exceptions=("asyncpg.exceptions.DuplicatePreparedStatementError",),
    source="postgresql + asyncpg",
    versions="all",
    category="pgbouncer",
    severity=Severity.ERROR,
    tier=1,
    meaning=("asyncpg prepared a statement under a name that another client had left on this server connection."),
    cause=("pgbouncer (or RDS Proxy, Supavisor) in transaction/statement mode without prepared-statement support."),
    fix=(
        "pgbouncer >= 1.21 with max_prepared_statements > 0; or for SQLAlchemy: "
        "connect_args={'prepared_statement_name_func': lambda: f'__asyncpg_{uuid4()}__', "
        "'statement_cache_size': 0} with prepared_statement_cache_size=0 in the URL and NullPool."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"),
    rules=("statement-cache-behind-pgbouncer",),
)
