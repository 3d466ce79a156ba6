"""One object was added to two sessions.

Means: Objects cached globally or passed from one request/task to another.
Matches: `is already attached to session` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_state_management.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("is already attached to session",),
    pattern="is already attached to session",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="session",
    severity=Severity.ERROR,
    tier=2,
    meaning="One object was added to two sessions.",
    cause="Objects cached globally or passed from one request/task to another.",
    fix="Merge it (`await session.merge(obj)`) or load it anew.",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_state_management.html",
    rules=("global-session", "request-session-in-background"),
    fallout=True,
)
