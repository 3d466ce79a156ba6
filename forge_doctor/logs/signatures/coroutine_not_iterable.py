"""Same as coroutine-no-attribute: iterated, subscripted or called.

Means: Missing await in front of an async database call.
Matches: `'coroutine' object is not` (TypeError); also: `'coroutine' object is not iterable`; `'coroutine'
    object is not subscriptable`; `'coroutine' object is not callable`
Ignores: the words in quotes, in an access log or below WARNING
Source: ; versions 3.5+; https://docs.python.org/3/library/asyncio-task.html#coroutines
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("'coroutine' object is not",),
    pattern="'coroutine' object is not (?:iterable|subscriptable|callable)",
    exceptions=("TypeError",),
    source="cpython",
    versions="3.5+",
    category="unawaited",
    severity=Severity.ERROR,
    tier=2,
    meaning="Same as coroutine-no-attribute: iterated, subscripted or called.",
    cause="Missing await in front of an async database call.",
    fix="Await it.",
    doc="https://docs.python.org/3/library/asyncio-task.html#coroutines",
    rules=("unawaited-session-call", "unawaited-data-access", "async-iteration-mistake"),
)
