"""One or more child tasks failed; the real errors are nested.

Means: asyncio.TaskGroup, anyio task groups, and starlette's BaseHTTPMiddleware.
Matches: `unhandled errors in a TaskGroup` (ExceptionGroup / BaseExceptionGroup); also: `(1 sub-exception)`;
    `(2 sub-exceptions)`
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: CPython 3.11 asyncio/taskgroups.py, anyio 4.16.0 anyio/_backends/_asyncio.py; versions 3.11+; anyio
    4+; https://docs.python.org/3/library/asyncio-task.html#task-groups
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("unhandled errors in a TaskGroup",),
    pattern="unhandled errors in a TaskGroup",
    exceptions=("ExceptionGroup", "BaseExceptionGroup"),
    source="cpython, anyio",
    versions="3.11+; anyio 4+",
    category="event-loop",
    severity=Severity.ERROR,
    tier=1,
    meaning="One or more child tasks failed; the real errors are nested.",
    cause="asyncio.TaskGroup, anyio task groups, and starlette's BaseHTTPMiddleware.",
    fix="Read the sub-exceptions: every leaf is a problem of its own.",
    doc="https://docs.python.org/3/library/asyncio-task.html#task-groups",
    wrapper=True,
)
