"""The connection was lost in the middle of a transaction; nothing may run until it is rolled back.

Means: The server closed the connection (restart, timeout, pgbouncer) and the code caught the error and went
    on with the same session.
Matches: `Can't reconnect until invalid` (sqlalchemy.exc.PendingRollbackError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/engine/base.py, SQLAlchemy 2.0.58 sqlalchemy/engine/base.py, SQLAlchemy
    2.1.9 sqlalchemy/engine/base.py; versions 1.4, 2.0, 2.1; https://sqlalche.me/e/20/8s2b
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Can't reconnect until invalid",),
    pattern="Can't reconnect until invalid",
    exceptions=("sqlalchemy.exc.PendingRollbackError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=1,
    meaning=("The connection was lost in the middle of a transaction; nothing may run until it is rolled back."),
    cause=(
        "The server closed the connection (restart, timeout, pgbouncer) and the code caught the "
        "error and went on with the same session."
    ),
    fix=(
        "Let the exception leave the session block, or call `await session.rollback()`; retry the whole unit of work."
    ),
    doc="https://sqlalche.me/e/20/8s2b",
    explained_by=(
        "idle-in-transaction",
        "idle-session",
        "transaction-timeout",
        "admin-shutdown",
        "crash-other-process",
        "backend-signal",
        "shutting-down",
        "pgbouncer-query-wait",
        "pgbouncer-server-crashed",
        "pgbouncer-server-login",
        "mysql-lost-connection",
        "libpq-server-closed",
        "libpq-ssl-eof",
    ),
    rules=("swallowed-error-without-rollback", "no-rollback-on-error"),
    fallout=True,
)
