"""asyncio.run() was called inside a running loop.

Means: Sync helper around async DB code, called from an async endpoint; alembic env.py run programmatically at
    start-up.
Matches: `cannot be called from a running event loop` (RuntimeError)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.10 asyncio/runners.py, CPython 3.11 asyncio/runners.py, CPython 3.12 asyncio/runners.py,
    CPython 3.13 asyncio/runners.py; versions 3.7+; https://docs.python.org/3/library/asyncio-runner.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("cannot be called from a running event loop",),
    pattern="cannot be called from a running event loop",
    exceptions=("RuntimeError",),
    source="cpython",
    versions="3.7+",
    category="event-loop",
    severity=Severity.ERROR,
    tier=2,
    meaning="asyncio.run() was called inside a running loop.",
    cause=(
        "Sync helper around async DB code, called from an async endpoint; alembic env.py run "
        "programmatically at start-up."
    ),
    fix="Await the coroutine; run alembic through run_sync or in a thread.",
    doc="https://docs.python.org/3/library/asyncio-runner.html",
)
