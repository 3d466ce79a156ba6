"""session.begin() came after autobegin had already started a transaction.

Means: A query ran on the session before `async with session.begin():` (e.g. in a dependency).
Matches: `A transaction is already begun on this Session` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("A transaction is already begun on this Session",),
    pattern="A transaction is already begun on this Session",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=1,
    meaning="session.begin() came after autobegin had already started a transaction.",
    cause="A query ran on the session before `async with session.begin():` (e.g. in a dependency).",
    fix="Enter begin() first, or drop it and commit explicitly.",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_transaction.html",
)
