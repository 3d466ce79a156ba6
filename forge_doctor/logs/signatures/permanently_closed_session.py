"""The session was closed and close_resets_only=False forbids reuse.

Means: A reference to the session outlived its block (background task, cached repository object).
Matches: `This Session has been permanently closed` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy 2.1.9 sqlalchemy/orm/session.py; versions
    2.0.22+, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.params.close_resets_only
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This Session has been permanently closed",),
    pattern="This Session has been permanently closed",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="2.0.22+, 2.1",
    category="session",
    severity=Severity.ERROR,
    tier=2,
    meaning="The session was closed and close_resets_only=False forbids reuse.",
    cause=("A reference to the session outlived its block (background task, cached repository object)."),
    fix="Open a new session for that work.",
    doc=("https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.params.close_resets_only"),
    rules=("request-session-in-background",),
)
