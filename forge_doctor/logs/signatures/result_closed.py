"""Rows were read from a result without rows, or already closed.

Means: fetch on an INSERT/UPDATE without RETURNING, or reading after the session ended.
Matches: `It has been closed automatically` (sqlalchemy.exc.ResourceClosedError); also: `This result object
    does not return rows`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/engine/cursor.py, SQLAlchemy 2.0.58 sqlalchemy/engine/cursor.py,
    SQLAlchemy 2.1.9 sqlalchemy/engine/cursor.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("It has been closed automatically", "This result object "),
    pattern="It has been closed automatically|This result object (?:does not return rows|is closed)",
    exceptions=("sqlalchemy.exc.ResourceClosedError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="session",
    severity=Severity.ERROR,
    tier=2,
    meaning="Rows were read from a result without rows, or already closed.",
    cause="fetch on an INSERT/UPDATE without RETURNING, or reading after the session ended.",
    fix="Read rows inside the block; add RETURNING.",
    doc="https://docs.sqlalchemy.org/en/20/core/connections.html",
)
