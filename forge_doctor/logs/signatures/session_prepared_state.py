"""SQL was sent on a session that is committing, prepared or inactive.

Means: Another task is committing the same session, or an event hook runs SQL during commit.
Matches: `state; no further SQL can be emitted within this transaction` (sqlalchemy.exc.InvalidRequestError);
    also: `This session is in 'prepared' state`; `This session is in 'committed' state`; `This session is in
    'inactive' state, due to the SQL transaction being rolled back`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/session.py (as: "This session is in 'prepared' state; no further SQL
    can be emitted within this transaction."), SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy 2.1.9
    sqlalchemy/orm/session.py; versions 1.4, 2.0, 2.1; https://sqlalche.me/e/20/isce
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This session is in '",),
    pattern=r"This session is in '\w+' state",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="concurrency",
    severity=Severity.ERROR,
    tier=2,
    meaning="SQL was sent on a session that is committing, prepared or inactive.",
    cause="Another task is committing the same session, or an event hook runs SQL during commit.",
    fix="Do not share the session between tasks; run follow-up SQL after the commit returned.",
    doc="https://sqlalche.me/e/20/isce",
    rules=("shared-session-in-tasks",),
)
