"""The async engine ran an operation that never awaited anything.

Means: A synchronous DBAPI (psycopg2, pysqlite) is behind the async engine.
Matches: `The current operation required an async execution but none was detected`
    (sqlalchemy.exc.AwaitRequired)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/util/_concurrency_py3k.py, SQLAlchemy 2.0.58
    sqlalchemy/util/_concurrency_py3k.py, SQLAlchemy 2.1.9 sqlalchemy/util/concurrency.py; versions 1.4, 2.0,
    2.1; https://sqlalche.me/e/20/xd1r
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("The current operation required an async execution but none was detected",),
    pattern="The current operation required an async execution but none was detected",
    exceptions=("sqlalchemy.exc.AwaitRequired",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="greenlet",
    severity=Severity.ERROR,
    tier=2,
    meaning="The async engine ran an operation that never awaited anything.",
    cause="A synchronous DBAPI (psycopg2, pysqlite) is behind the async engine.",
    fix="Use an async driver in the URL: postgresql+asyncpg:// or postgresql+psycopg://.",
    doc="https://sqlalche.me/e/20/xd1r",
    rules=("sync-driver-in-async-engine",),
)
