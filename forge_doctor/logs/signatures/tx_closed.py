"""A SessionTransaction was used after it ended.

Means: commit()/rollback() twice, or a shared session closed by another task.
Matches: `This transaction is closed` (sqlalchemy.exc.ResourceClosedError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This transaction is closed",),
    pattern="This transaction is closed",
    exceptions=("sqlalchemy.exc.ResourceClosedError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=2,
    meaning="A SessionTransaction was used after it ended.",
    cause="commit()/rollback() twice, or a shared session closed by another task.",
    fix="Keep one owner for the transaction.",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_transaction.html",
    rules=("shared-session-in-tasks",),
)
