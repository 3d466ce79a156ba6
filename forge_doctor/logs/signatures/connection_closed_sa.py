"""A Connection object was used after close().

Means: A Connection or Session was kept after its `with` block, or shared with a task that outlived it.
Matches: `This Connection is closed` (sqlalchemy.exc.ResourceClosedError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/engine/base.py, SQLAlchemy 2.0.58 sqlalchemy/engine/base.py, SQLAlchemy
    2.1.9 sqlalchemy/engine/base.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("This Connection is closed",),
    pattern="This Connection is closed",
    exceptions=("sqlalchemy.exc.ResourceClosedError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    meaning="A Connection object was used after close().",
    cause=("A Connection or Session was kept after its `with` block, or shared with a task that outlived it."),
    fix="Do the work inside the block; give each task a session of its own.",
    doc="https://docs.sqlalchemy.org/en/20/core/connections.html",
    rules=("request-session-in-background", "shared-session-in-tasks"),
    fallout=True,
)
