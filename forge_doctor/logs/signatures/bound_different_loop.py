"""An asyncio lock/queue/event made in one loop was used in another.

Means: A module-level engine (its pooled connections) used from a second loop: asyncio.run() in a thread or a
    Celery task, pytest with a loop per test, a sync endpoint that starts its own loop. Here: shared engine,
    lock or queue across loops (AsyncAdaptedQueuePool holds a queue).
Matches: `is bound to a different event loop` (RuntimeError)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.10 asyncio/mixins.py, CPython 3.11 asyncio/mixins.py, CPython 3.12 asyncio/mixins.py,
    CPython 3.13 asyncio/mixins.py; versions 3.10+;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("is bound to a different event loop",),
    pattern="is bound to a different event loop",
    exceptions=("RuntimeError",),
    source="cpython",
    versions="3.10+",
    category="event-loop",
    severity=Severity.ERROR,
    tier=2,
    meaning="An asyncio lock/queue/event made in one loop was used in another.",
    cause=(
        "A module-level engine (its pooled connections) used from a second loop: asyncio.run() in"
        " a thread or a Celery task, pytest with a loop per test, a sync endpoint that starts its"
        " own loop. Here: shared engine, lock or queue across loops (AsyncAdaptedQueuePool holds "
        "a queue)."
    ),
    fix=(
        "One engine per loop: create it in the lifespan, or use NullPool / `await "
        "engine.dispose()` before the next loop."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"),
)
