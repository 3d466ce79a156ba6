"""SQL was run after commit()/rollback() inside a `with ... begin()` block.

Means: Manual commit() inside a block that commits by itself.
Matches: `Can't operate on closed transaction inside context manager` (sqlalchemy.exc.InvalidRequestError);
    also: `Please complete the context manager before emitting further commands`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/engine/util.py, SQLAlchemy 2.0.58 sqlalchemy/engine/util.py, SQLAlchemy
    2.1.9 sqlalchemy/engine/util.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Can't operate on closed transaction inside context manager",),
    pattern="Can't operate on closed transaction inside context manager",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=1,
    meaning="SQL was run after commit()/rollback() inside a `with ... begin()` block.",
    cause="Manual commit() inside a block that commits by itself.",
    fix="Remove the inner commit, or use a block without begin().",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_transaction.html",
    rules=("commit-inside-begin-block",),
    fallout=True,
)
