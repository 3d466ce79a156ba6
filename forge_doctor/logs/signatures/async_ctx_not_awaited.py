"""engine.connect() / begin() was used as a plain object.

Means: `conn = engine.connect()` without await or `async with`.
Matches: `context has not been started and object has not been awaited`
    (sqlalchemy.ext.asyncio.exc.AsyncContextNotStarted)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/ext/asyncio/base.py, SQLAlchemy 2.0.58 sqlalchemy/ext/asyncio/base.py,
    SQLAlchemy 2.1.9 sqlalchemy/ext/asyncio/base.py; versions 1.4, 2.0, 2.1;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("context has not been started and object has not been awaited",),
    pattern="context has not been started and object has not been awaited",
    exceptions=("sqlalchemy.ext.asyncio.exc.AsyncContextNotStarted",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="unawaited",
    severity=Severity.ERROR,
    tier=2,
    meaning="engine.connect() / begin() was used as a plain object.",
    cause="`conn = engine.connect()` without await or `async with`.",
    fix="Use `async with engine.connect() as conn:`.",
    doc="https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",
    rules=("sync-with-on-async-session", "unawaited-session-call"),
)
