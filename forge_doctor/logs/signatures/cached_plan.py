"""A cached statement's result columns changed under a live connection.

Means: A migration ran while the application was up.
Matches: `cached plan must not change result type` (asyncpg.exceptions.InvalidCachedStatementError /
    FeatureNotSupportedError); also: `cached statement plan is invalid due to a database schema or
    configuration change (asyncpg)`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/utils/cache/plancache.c; versions all;
    https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-cache
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("cached plan must not change", "cached statement plan is invalid"),
    pattern="cached plan must not change result type|cached statement plan is invalid due to a database schema",
    exceptions=("asyncpg.exceptions.InvalidCachedStatementError", "FeatureNotSupportedError"),
    source="postgresql",
    versions="all",
    category="migration",
    severity=Severity.ERROR,
    tier=2,
    meaning="A cached statement's result columns changed under a live connection.",
    cause="A migration ran while the application was up.",
    fix="Restart or recycle the pool after DDL; prepared_statement_cache_size=0 if it recurs.",
    doc="https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-cache",
)
