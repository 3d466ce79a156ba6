"""MySQL or a proxy in front of it closed the connection.

Means: The connection was idle for longer than wait_timeout (or a proxy's limit) and the pool gave it out;
    the server restarted; a statement ran into a limit.
Matches: 2013 `Lost connection to MySQL server during query`, 2006 `MySQL server has gone away`; and as MariaDB's client
    says it, with the number before it: `(2013, 'Lost connection to server during query')`, `(2006, 'Server has gone away')`
Ignores: the words in quotes, in an access log or below WARNING
Source: PyMySQL 1.1.2 pymysql/connections.py, aiomysql 0.3.2 aiomysql/connection.py, MariaDB Connector/C 3.3
    libmariadb/ma_errmsg.c;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "Lost connection to MySQL server",
        "MySQL server has gone away",
        "Lost connection to server ",
        "Server has gone away",
    ),
    pattern=(
        "Lost connection to MySQL server|MySQL server has gone away"
        r"|\b2013(?:, ['\"]| \(HY000\): )Lost connection to server |\b2006(?:, ['\"]| \(HY000\): )Server has gone away"
    ),
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
