"""Returning a connection to the pool failed while rolling it back.

Means: The connection was broken by the server, or was still busy with another task's query, or the task was
    cancelled.
Matches: `Exception during reset or similar` ((logged) ERROR sqlalchemy.pool)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/pool/base.py, SQLAlchemy 2.0.58 sqlalchemy/pool/base.py, SQLAlchemy 2.1.9
    sqlalchemy/pool/base.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Exception during reset or similar",),
    pattern="Exception during reset or similar",
    exceptions=(),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="pool",
    severity=Severity.WARNING,
    tier=1,
    meaning="Returning a connection to the pool failed while rolling it back.",
    cause=(
        "The connection was broken by the server, or was still busy with another task's query, or"
        " the task was cancelled."
    ),
    fix=(
        "Look at the exception beneath it: disconnects need pool_pre_ping; 'another operation is "
        "in progress' means a shared session."
    ),
    doc="https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return",
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
    ),
    rules=("shared-session-in-tasks", "unclosed-session"),
    checks=("leaked-transactions",),
    fallout=True,
)
