"""The pooler refuses the connection, as it is asked for a setting that it does not pass on.

Means: The driver sends a setting with the start of the connection: asyncpg's `server_settings` (`jit`,
    `search_path`, `statement_timeout`), libpq's `options=-c ...`. PgBouncer takes few, RDS Proxy no options.
Matches: PgBouncer's `unsupported startup parameter: jit` and `unsupported startup parameter in options: ...`;
    RDS Proxy's `RDS Proxy currently doesn't support command-line options`, whichever apostrophe it has
Ignores: the words in quotes, in an access log or below WARNING
Source: pgbouncer 1.23 src/client.c (set_startup_options, decide_startup_pool), AWS's guide to RDS Proxy's limits for
    PostgreSQL; https://www.pgbouncer.org/config.html#ignore_startup_parameters
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("unsupported startup parameter", " support command-line options"),
    pattern="unsupported startup parameter(?: in options)?: |RDS Proxy currently doesn.{1,3}t support command-line options",
    exceptions=(
        "asyncpg.exceptions.ProtocolViolationError",
        "psycopg2.OperationalError",
        "psycopg.OperationalError",
        "sqlalchemy.exc.OperationalError",
    ),
    source="pgbouncer",
    versions="PgBouncer 1, RDS Proxy",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The pooler refuses the connection, as it is asked for a setting that it does not pass on.",
    cause=(
        "A setting sent with the start of the connection: asyncpg's server_settings (jit, search_path, "
        "statement_timeout), libpq's options=-c; PgBouncer takes few of them, RDS Proxy no options."
    ),
    fix=(
        "Take the setting out of server_settings, connect_args or options= in the URL and give it to the role: "
        "ALTER ROLE ... SET .... With PgBouncer one may name it in ignore_startup_parameters, which ignores it."
    ),
    doc="https://www.pgbouncer.org/config.html#ignore_startup_parameters",
    detail="startup parameter(?: in options)?: (\\w+)",
)
