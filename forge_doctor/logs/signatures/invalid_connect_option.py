"""The database URL has an option that the driver's connect() does not know.

Means: libpq's spelling (`?sslmode=require`, `channel_binding`, `connect_timeout`, Prisma's `pgbouncer`,
    `schema`) given to asyncpg, which SQLAlchemy passes on as keyword arguments.
Matches: `connect() got an unexpected keyword argument 'sslmode'` and other options of libpq, Prisma and
    poolers
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.44 sqlalchemy/dialects/postgresql/asyncpg.py (connect), asyncpg 0.30.0
    asyncpg/connection.py (connect's parameters);
    https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("connect() got an unexpected keyword argument",),
    pattern=(
        "connect\\(\\) got an unexpected keyword argument "
        "'(?:ssl\\w+|channel_binding|gssencmode|target_session_attrs|application_name|connect_timeout|options|pgbouncer|schema|connection_limit|pool_timeout|pool_size|prepare_threshold|statement_cache_mode|supa|workaround|fallback_application_name|keepalives\\w*|load_balance_hosts|charset)'"
    ),
    exceptions=("TypeError",),
    source="asyncpg",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The database URL has an option that the driver's connect() does not know.",
    cause=(
        "libpq's spelling (`?sslmode=require`, `channel_binding`, `connect_timeout`, Prisma's "
        "`pgbouncer`, `schema`) given to asyncpg, which SQLAlchemy passes on as keyword arguments."
    ),
    fix=(
        "Write `?ssl=require` for `sslmode=require`; take channel_binding and the pooler's options "
        "out of the URL, and give asyncpg its own through connect_args={...}."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg"),
    detail="keyword argument '(\\w+)'",
)
