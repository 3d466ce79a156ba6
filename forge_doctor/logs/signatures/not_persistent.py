"""refresh()/delete()/expire() was called with an object this session does not hold.

Means: The object came from another session, was expunged, or its insert was rolled back or never flushed.
Matches: `is not persistent within this Session` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_state_management.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("is not persistent within this Session",),
    pattern="is not persistent within this Session",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="session",
    severity=Severity.ERROR,
    tier=2,
    meaning="refresh()/delete()/expire() was called with an object this session does not hold.",
    cause=("The object came from another session, was expunged, or its insert was rolled back or never flushed."),
    fix="Use the session that loaded it, or merge it first.",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_state_management.html",
)
