"""A second task used the session while the first was still obtaining its connection.

Means: asyncio.gather() over one AsyncSession whose connection was not open yet.
Matches: `This session is provisioning a new connection; concurrent operations are not permitted`
    (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 2.0.58 sqlalchemy/orm/session.py, SQLAlchemy 2.1.9 sqlalchemy/orm/session.py; versions
    2.0.17+, 2.1; https://sqlalche.me/e/20/isce
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This session is provisioning a new connection; concurrent operations are not permitted",),
    pattern="This session is provisioning a new connection; concurrent operations are not permitted",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="2.0.17+, 2.1",
    category="concurrency",
    severity=Severity.ERROR,
    tier=1,
    meaning="A second task used the session while the first was still obtaining its connection.",
    cause="asyncio.gather() over one AsyncSession whose connection was not open yet.",
    fix="One AsyncSession per task, or await one after the other.",
    doc="https://sqlalche.me/e/20/isce",
    rules=("shared-session-in-tasks",),
)
