"""Connection.begin() (or setting isolation_level) after a statement had auto-begun a transaction.

Means: execute() before begin() on one Connection.
Matches: `This connection has already initialized a SQLAlchemy Transaction() object via begin() or autobegin`
    (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/engine/base.py, SQLAlchemy 2.1.9 sqlalchemy/engine/base.py; versions 2.0,
    2.1 (1.4 future mode); https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This connection has already initialized a SQLAlchemy Transaction() object via begin() or autobegin",),
    pattern=(r"This connection has already initialized a SQLAlchemy Transaction\(\) object via begin\(\) or autobegin"),
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="2.0, 2.1 (1.4 future mode)",
    category="transaction",
    severity=Severity.ERROR,
    tier=2,
    meaning=("Connection.begin() (or setting isolation_level) after a statement had auto-begun a transaction."),
    cause="execute() before begin() on one Connection.",
    fix="Call begin() or execution_options() first, or commit/rollback before it.",
    doc="https://docs.sqlalchemy.org/en/20/core/connections.html",
)
