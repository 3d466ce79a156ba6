"""inspect() was called directly on an AsyncEngine.

Means: Sync introspection code was reused with the async engine.
Matches: `Inspection on an AsyncEngine is currently not supported` (sqlalchemy.exc.NoInspectionAvailable);
    also: `Inspection on an AsyncConnection is currently not supported`
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/ext/asyncio/engine.py, SQLAlchemy 2.0.58
    sqlalchemy/ext/asyncio/engine.py, SQLAlchemy 2.1.9 sqlalchemy/ext/asyncio/engine.py; versions 1.4, 2.0,
    2.1; https://sqlalche.me/e/20/xd3s
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Inspection on an AsyncEngine", "Inspection on an AsyncConnection"),
    pattern="Inspection on an Async(?:Engine|Connection) is currently not supported",
    exceptions=("sqlalchemy.exc.NoInspectionAvailable",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="greenlet",
    severity=Severity.ERROR,
    tier=2,
    meaning="inspect() was called directly on an AsyncEngine.",
    cause="Sync introspection code was reused with the async engine.",
    fix="Run it with `await conn.run_sync(lambda c: inspect(c)...)`.",
    doc="https://sqlalche.me/e/20/xd3s",
    rules=("awaited-sync-method",),
)
