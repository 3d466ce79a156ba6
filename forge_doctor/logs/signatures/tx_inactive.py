"""commit() on a transaction that was already rolled back.

Means: An inner failure rolled back while outer code went on to commit.
Matches: `This transaction is inactive` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/engine/base.py, SQLAlchemy 2.0.58 sqlalchemy/engine/base.py, SQLAlchemy
    2.1.9 sqlalchemy/engine/base.py; versions 1.4, 2.0, 2.1; https://sqlalche.me/e/20/8s2a
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This transaction is inactive",),
    pattern="This transaction is inactive",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=2,
    meaning="commit() on a transaction that was already rolled back.",
    cause="An inner failure rolled back while outer code went on to commit.",
    fix="Re-raise inner errors, or use savepoints.",
    doc="https://sqlalche.me/e/20/8s2a",
    rules=("swallowed-error-without-rollback",),
)
