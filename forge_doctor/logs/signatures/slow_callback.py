"""The event loop was blocked: one step of a task ran for longer than asyncio's slow_callback_duration.

Means: Blocking work inside a coroutine: a synchronous query or HTTP call, heavy JSON or pandas work,
    time.sleep(). Every other request waited for it.
Matches: asyncio's `Executing <...> took 0.123 seconds` (debug mode)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.11 asyncio/base_events.py (_run_once), CPython 3.13 asyncio/base_events.py;
    https://docs.python.org/3/library/asyncio-dev.html#debug-mode
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Executing <",),
    pattern="\\AExecuting <(?:Task|Handle|TimerHandle|_?\\w+)\\b.* took \\d+\\.\\d+ seconds",
    exceptions=(),
    source="cpython",
    versions="all",
    category="event-loop",
    severity=Severity.WARNING,
    tier=2,
    meaning=("The event loop was blocked: one step of a task ran for longer than asyncio's slow_callback_duration."),
    cause=(
        "Blocking work inside a coroutine: a synchronous query or HTTP call, heavy JSON or pandas "
        "work, time.sleep(). Every other request waited for it."
    ),
    fix=("Move the blocking call into `await asyncio.to_thread(...)`, or use its async counterpart."),
    doc="https://docs.python.org/3/library/asyncio-dev.html#debug-mode",
    numbers=(("blocked_s", "took (\\d+\\.\\d+) seconds"),),
    detail="coro=<([\\w.<>]+)",
    rules=("blocking-call-with-session", "sync-session-in-async-def"),
    checks=("event-loop-blocked",),
)
