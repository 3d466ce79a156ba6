"""As missing-greenlet, raised by an engine with async_fallback=True inside a running loop.

Means: async_fallback was turned on to use an async driver from sync code, and that code then ran inside the
    event loop.
Matches: `asyncio event loop is already running; can't call await_fallback() here`
    (sqlalchemy.exc.MissingGreenlet)
Ignores: the words in quotes, in an access log or below WARNING
Source: SQLAlchemy 1.4.54 sqlalchemy/util/_concurrency_py3k.py, SQLAlchemy 2.0.58
    sqlalchemy/util/_concurrency_py3k.py; versions 1.4, 2.0 (removed in 2.1); https://sqlalche.me/e/20/xd2s
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("asyncio event loop is already running; can't call await_fallback() here",),
    pattern=r"asyncio event loop is already running; can't call await_fallback\(\) here",
    exceptions=("sqlalchemy.exc.MissingGreenlet",),
    source="sqlalchemy",
    versions="1.4, 2.0 (removed in 2.1)",
    category="greenlet",
    severity=Severity.ERROR,
    tier=2,
    meaning=("Same as missing-greenlet, raised by an engine created with async_fallback=True inside a running loop."),
    cause=(
        "async_fallback was turned on to use an async driver from sync code, and that code then "
        "ran inside the event loop."
    ),
    fix="Drop async_fallback; use the async API, or a sync driver for sync code.",
    doc="https://sqlalche.me/e/20/xd2s",
    rules=("sync-driver-in-async-engine",),
)
