"""create_async_engine() got a URL whose driver is synchronous.

Means: DATABASE_URL is postgresql:// (means psycopg2) or postgresql+psycopg2://, often injected by the hosting
    platform.
Matches: `The asyncio extension requires an async driver to be used.` (sqlalchemy.exc.InvalidRequestError)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/ext/asyncio/engine.py, SQLAlchemy 2.0.58
    sqlalchemy/ext/asyncio/engine.py, SQLAlchemy 2.1.9 sqlalchemy/ext/asyncio/engine.py; versions 1.4, 2.0,
    2.1; https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("The asyncio extension requires an async driver to be used.",),
    pattern=r"The asyncio extension requires an async driver to be used\.",
    exceptions=("sqlalchemy.exc.InvalidRequestError",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="config",
    severity=Severity.ERROR,
    tier=1,
    meaning="create_async_engine() got a URL whose driver is synchronous.",
    cause=(
        "DATABASE_URL is postgresql:// (means psycopg2) or postgresql+psycopg2://, often injected"
        " by the hosting platform."
    ),
    fix="Rewrite the scheme to postgresql+asyncpg:// before the engine is created.",
    doc="https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html",
    rules=("sync-driver-in-async-engine",),
)
