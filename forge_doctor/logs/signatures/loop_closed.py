"""A connection was used or closed after its loop had ended.

Means: Engine reused after asyncio.run() finished; connections collected at exit without dispose().
Matches: `Event loop is closed` (RuntimeError)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.10 asyncio/base_events.py, CPython 3.11 asyncio/base_events.py, CPython 3.12
    asyncio/base_events.py, CPython 3.13 asyncio/base_events.py; versions all;
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Event loop is closed",),
    pattern="Event loop is closed",
    exceptions=("RuntimeError",),
    source="cpython",
    versions="all",
    category="event-loop",
    severity=Severity.ERROR,
    tier=1,
    meaning="A connection was used or closed after its loop had ended.",
    cause=("Engine reused after asyncio.run() finished; connections collected at exit without dispose()."),
    fix="`await engine.dispose()` before the loop ends; one engine per loop.",
    doc=("https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"),
)
