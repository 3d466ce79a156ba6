"""A background task failed and nobody looked.

Means: Fire-and-forget create_task(). The exception printed beneath is the real problem.
Matches: `exception was never retrieved` ((logged) ERROR asyncio); also: `Task exception was never retrieved`;
    `Future exception was never retrieved`
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: CPython 3.10 asyncio/futures.py, CPython 3.11 asyncio/futures.py, CPython 3.12 asyncio/futures.py,
    CPython 3.13 asyncio/futures.py; versions all;
    https://docs.python.org/3/library/asyncio-dev.html#detect-never-retrieved-exceptions
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("exception was never retrieved",),
    pattern="exception was never retrieved",
    exceptions=(),
    source="cpython",
    versions="all",
    category="event-loop",
    severity=Severity.ERROR,
    tier=1,
    meaning="A background task failed and nobody looked.",
    cause="Fire-and-forget create_task(). The exception printed beneath is the real problem.",
    fix="Add a done-callback or await the task; classify by the inner exception.",
    doc="https://docs.python.org/3/library/asyncio-dev.html#detect-never-retrieved-exceptions",
    wrapper=True,
)
