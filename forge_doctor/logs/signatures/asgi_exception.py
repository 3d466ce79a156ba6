"""A request failed with an unhandled exception; the traceback beneath is the problem.

Means: Any.
Matches: `Exception in ASGI application` ((logged) ERROR uvicorn.error)
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: uvicorn 0.54.0 uvicorn/protocols/http/h11_impl.py, uvicorn 0.54.0
    uvicorn/protocols/http/httptools_impl.py; versions all; https://www.uvicorn.org/
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Exception in ASGI application",),
    pattern="Exception in ASGI application",
    exceptions=(),
    source="uvicorn",
    versions="all",
    category="wrapper",
    severity=Severity.ERROR,
    tier=1,
    meaning="A request failed with an unhandled exception; the traceback beneath is the problem.",
    cause="Any.",
    fix="Group by the exception beneath.",
    doc="https://www.uvicorn.org/",
    wrapper=True,
)
