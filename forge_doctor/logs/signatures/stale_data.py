"""An UPDATE/DELETE by the ORM hit fewer rows than expected.

Means: Another transaction changed or deleted the row, or a version_id check failed.
Matches: `expected to update` (sqlalchemy.orm.exc.StaleDataError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/orm/dependency.py, SQLAlchemy 2.0.58 sqlalchemy/orm/dependency.py,
    SQLAlchemy 2.1.9 sqlalchemy/orm/dependency.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/versioning.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("expected to update",),
    pattern=r"statement on table '[^']+' expected to (?:update|delete) \d+ row",
    exceptions=("sqlalchemy.orm.exc.StaleDataError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="transaction",
    severity=Severity.ERROR,
    tier=2,
    meaning="An UPDATE/DELETE by the ORM hit fewer rows than expected.",
    cause="Another transaction changed or deleted the row, or a version_id check failed.",
    fix="Retry the unit of work; lock the row with with_for_update() when you mean to change it.",
    doc="https://docs.sqlalchemy.org/en/20/orm/versioning.html",
    detail="table '([^']+)'",
    numbers=(("expected_rows", r"to (?:update|delete) (\d+) row"),),
)
