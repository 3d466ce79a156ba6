"""MySQL or a proxy in front of it closed the connection.

Means: The connection was idle for longer than wait_timeout (or a proxy's limit) and the pool gave it out;
    the server restarted; a statement ran into a limit.
Matches: 2013 `Lost connection to MySQL server during query`, 2006 `MySQL server has gone away`
Ignores: the words in quotes, in an access log or below WARNING
Source: PyMySQL 1.1.2 pymysql/connections.py, aiomysql 0.3.2 aiomysql/connection.py;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Lost connection to MySQL server", "MySQL server has gone away"),
    pattern="Lost connection to MySQL server|MySQL server has gone away",
    exceptions=("pymysql.err.OperationalError", "sqlalchemy.exc.OperationalError"),
    source="pymysql",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="MySQL or a proxy in front of it closed the connection.",
    cause=(
        "The connection was idle for longer than wait_timeout (or a proxy's limit) and the pool gave "
        "it out; the server restarted; a statement ran into a limit."
    ),
    fix="pool_pre_ping=True, and pool_recycle below the server's wait_timeout.",
    doc="https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects",
)
