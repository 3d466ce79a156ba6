"""A future of one event loop was awaited in another.

Means: A module-level engine (its pooled connections) used from a second loop: asyncio.run() in a thread or a
    Celery task, pytest with a loop per test, a sync endpoint that starts its own loop.
Matches: `attached to a different loop` (RuntimeError); also: `got Future <Future pending ...> attached to a
    different loop`
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.10 asyncio/tasks.py, CPython 3.11 asyncio/tasks.py, CPython 3.12 asyncio/tasks.py, CPython
    3.13 asyncio/tasks.py; versions 3.7+;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("attached to a different loop",),
    pattern="attached to a different loop",
    exceptions=("RuntimeError",),
    source="cpython",
    versions="3.7+",
    category="event-loop",
    severity=Severity.ERROR,
    tier=1,
    meaning="A future of one event loop was awaited in another.",
    cause=(
        "A module-level engine (its pooled connections) used from a second loop: asyncio.run() in"
        " a thread or a Celery task, pytest with a loop per test, a sync endpoint that starts its"
        " own loop."
    ),
    fix=(
        "One engine per loop: create it in the lifespan, or use NullPool / `await "
        "engine.dispose()` before the next loop."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"),
    rules=("engine-per-request", "global-session"),
)
