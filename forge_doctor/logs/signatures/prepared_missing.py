"""The prepared statement was made on another server connection.

Means: pgbouncer (or RDS Proxy, Supavisor) in transaction/statement mode without prepared-statement support.
Matches: `prepared statement "` (asyncpg.exceptions.InvalidSQLStatementNameError); also: `prepared statement
    "__asyncpg_stmt_5__" does not exist`
Ignores: other objects that do not exist
Source: PostgreSQL 17.11 src/backend/commands/prepare.c (as: 'prepared statement "%s" does not exist');
    versions all;
    https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("InvalidSQLStatementName", "InvalidSqlStatementName", 'prepared statement "'),
    pattern='prepared statement "[^"]*" does not exist',
    exceptions=("asyncpg.exceptions.InvalidSQLStatementNameError",),
    source="postgresql + asyncpg",
    versions="all",
    category="pgbouncer",
    severity=Severity.ERROR,
    tier=1,
    meaning="The prepared statement was made on another server connection.",
    cause=("pgbouncer (or RDS Proxy, Supavisor) in transaction/statement mode without prepared-statement support."),
    fix=(
        "pgbouncer >= 1.21 with max_prepared_statements > 0; or for SQLAlchemy: "
        "connect_args={'prepared_statement_name_func': lambda: f'__asyncpg_{uuid4()}__', "
        "'statement_cache_size': 0} with prepared_statement_cache_size=0 in the URL and NullPool."
    ),
    any_level=True,
    doc=("https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"),
    rules=("statement-cache-behind-pgbouncer",),
)
