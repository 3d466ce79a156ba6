"""The result of an async call was used without awaiting it.

Means: `session.execute(...)` (or scalars, get, connect) without await and then .scalars()/.first()/.id on the
    coroutine.
Matches: `'coroutine' object has no attribute` (AttributeError)
Ignores: the words in quotes, in an access log or below WARNING
Source: ; versions 3.5+; https://docs.python.org/3/library/asyncio-task.html#coroutines
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("'coroutine' object has no attribute",),
    pattern="'coroutine' object has no attribute",
    exceptions=("AttributeError",),
    source="cpython",
    versions="3.5+",
    category="unawaited",
    severity=Severity.ERROR,
    tier=1,
    meaning="The result of an async call was used without awaiting it.",
    cause=(
        "`session.execute(...)` (or scalars, get, connect) without await and then "
        ".scalars()/.first()/.id on the coroutine."
    ),
    fix="Await the call before using its result.",
    doc="https://docs.python.org/3/library/asyncio-task.html#coroutines",
    detail="has no attribute '([^']+)'",
    rules=("unawaited-session-call", "unawaited-data-access"),
)
