"""Parse and Bind landed on two server connections.

Means: Transaction-mode pooler that splits the extended protocol.
Matches: `unnamed prepared statement does not exist` (asyncpg.exceptions.InvalidSQLStatementNameError /
    psycopg.errors.InvalidSqlStatementName)
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/tcop/postgres.c; versions all;
    https://www.pgbouncer.org/faq.html#how-to-use-prepared-statements-with-transaction-pooling
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("unnamed prepared statement does not exist",),
    pattern="unnamed prepared statement does not exist",
    exceptions=("asyncpg.exceptions.InvalidSQLStatementNameError", "psycopg.errors.InvalidSqlStatementName"),
    source="postgresql",
    versions="all",
    category="pgbouncer",
    severity=Severity.ERROR,
    tier=2,
    meaning="Parse and Bind landed on two server connections.",
    cause="Transaction-mode pooler that splits the extended protocol.",
    fix=(
        "pgbouncer >= 1.21 with max_prepared_statements > 0; or for SQLAlchemy: "
        "connect_args={'prepared_statement_name_func': lambda: f'__asyncpg_{uuid4()}__', "
        "'statement_cache_size': 0} with prepared_statement_cache_size=0 in the URL and NullPool."
    ),
    doc=("https://www.pgbouncer.org/faq.html#how-to-use-prepared-statements-with-transaction-pooling"),
    rules=("statement-cache-behind-pgbouncer",),
)
