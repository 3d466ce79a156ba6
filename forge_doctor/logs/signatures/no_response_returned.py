"""A BaseHTTPMiddleware got no response from the application.

Means: Client gone in the middle, or an exception swallowed beneath; it hides the real error.
Matches: `No response returned.` (RuntimeError)
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: starlette 1.10.0 starlette/middleware/base.py; versions all with BaseHTTPMiddleware;
    https://www.starlette.io/middleware/#basehttpmiddleware
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("No response returned.",),
    pattern=r"No response returned\.",
    exceptions=("RuntimeError",),
    source="starlette",
    versions="all with BaseHTTPMiddleware",
    category="worker",
    severity=Severity.ERROR,
    tier=2,
    meaning="A BaseHTTPMiddleware got no response from the application.",
    cause="Client gone in the middle, or an exception swallowed beneath; it hides the real error.",
    fix="Prefer pure ASGI middleware; look for the earlier exception.",
    doc="https://www.starlette.io/middleware/#basehttpmiddleware",
    wrapper=True,
)
