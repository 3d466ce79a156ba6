"""Database I/O was attempted by synchronous code on the event loop.

Means: A lazy relationship, a deferred column or an attribute expired by commit() was touched outside an
    awaited SQLAlchemy call: in response serialisation, a property, a __repr__ in a log call, a template, a
    comprehension.
Matches: `greenlet_spawn has not been called` (sqlalchemy.exc.MissingGreenlet); also: `greenlet_spawn has not
    been called; can't call await_() here (1.4.0 - 1.4.35, and again 2.1)`; `greenlet_spawn has not been
    called; can't call await_only() here (1.4.36+, 2.0)`; `greenlet_spawn has not been called and asyncio
    event loop is already running; can't call await_fallback() here (1.4, 2.0)`; `Error extracting attribute:
    MissingGreenlet: (pydantic v2 get_attribute_error inside fastapi ResponseValidationError)`
Ignores: the quoted source line `await greenlet_spawn(` of a traceback that has another cause; the words in a
    search string
Source: SQLAlchemy 1.4.54 sqlalchemy/util/_concurrency_py3k.py, SQLAlchemy 2.0.58
    sqlalchemy/util/_concurrency_py3k.py, SQLAlchemy 2.1.9 sqlalchemy/util/concurrency.py; versions 1.4, 2.0,
    2.1; https://sqlalche.me/e/20/xd2s
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("greenlet_spawn has not been called", "MissingGreenlet"),
    pattern=r"greenlet_spawn has not been called|\bMissingGreenlet\b",
    exceptions=("sqlalchemy.exc.MissingGreenlet",),
    source="sqlalchemy",
    versions="1.4, 2.0, 2.1",
    category="greenlet",
    severity=Severity.ERROR,
    tier=1,
    meaning=(
        "Database I/O was attempted by ordinary synchronous code (usually attribute access) while"
        " running on the event loop, where SQLAlchemy has no greenlet to suspend."
    ),
    cause=(
        "A lazy relationship, a deferred column or an attribute expired by commit() was touched "
        "outside an awaited SQLAlchemy call: in response serialisation, a property, a __repr__ in"
        " a log call, a template, a comprehension."
    ),
    fix=(
        "Load what you need up front (selectinload/joinedload, session.refresh(obj, ['rel'])), "
        "set expire_on_commit=False, or read it through `await obj.awaitable_attrs.rel`; "
        "lazy='raise' makes the mistake fail early in tests."
    ),
    doc="https://sqlalche.me/e/20/xd2s",
    rules=("lazy-load-in-async", "lazy-load-in-response", "expired-after-commit", "expire-on-commit-left-on"),
)
