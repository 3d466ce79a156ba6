"""Objects were changed on a session whose transaction is already dead; the changes are thrown away.

Means: Code went on after a failed flush.
Matches: `Session's state has been changed on a non-active transaction` (sqlalchemy.exc.SAWarning)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py, SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy
    2.1.9 sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/session_basics.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Session's state has been changed on a non-active transaction",),
    pattern=r"Session's state has been changed on a non\-active transaction",
    exceptions=("sqlalchemy.exc.SAWarning",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.WARNING,
    tier=2,
    meaning=("Objects were changed on a session whose transaction is already dead; the changes are thrown away."),
    cause="Code went on after a failed flush.",
    fix="Roll back first; do not swallow the flush error.",
    doc="https://docs.sqlalchemy.org/en/20/orm/session_basics.html",
    rules=("swallowed-error-without-rollback", "no-rollback-on-error"),
)
