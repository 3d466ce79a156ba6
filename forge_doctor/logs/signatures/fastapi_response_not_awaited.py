"""A `yield` dependency swallowed an exception.

Means: get_session() with a bare `except` that does not re-raise: the session's error is hidden.
Matches: `Response not awaited. There's a high chance` (fastapi.exceptions.FastAPIError); also: `generator
    didn't stop after athrow()`; `generator didn't yield`
Ignores: the words in quotes, in an access log or below WARNING
Source: fastapi 0.165.0 fastapi/routing.py; versions 0.106+;
    https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#dependencies-with-yield-and-except
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Response not awaited. There's a high chance",),
    pattern=r"Response not awaited\. There's a high chance",
    exceptions=("fastapi.exceptions.FastAPIError",),
    source="fastapi",
    versions="0.106+",
    category="session",
    severity=Severity.ERROR,
    tier=2,
    meaning="A `yield` dependency swallowed an exception.",
    cause=("get_session() with a bare `except` that does not re-raise: the session's error is hidden."),
    fix="Re-raise after rollback in the dependency.",
    doc=(
        "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#dependencies-with-yield-and-except"
    ),
    rules=("swallowed-error-without-rollback", "dependency-without-cleanup"),
)
