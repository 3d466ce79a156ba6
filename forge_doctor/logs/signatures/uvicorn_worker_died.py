"""uvicorn's supervisor found a dead or hung worker and replaced it.

Means: OOM kill, crash of a C extension, blocked event loop (the worker does not answer the ping).
Matches: `Child process [` ((logged) INFO uvicorn.error); also: `Child process [123] died`
Ignores: the words in quotes, in an access log or below WARNING
Source: uvicorn 0.54.0 uvicorn/supervisors/multiprocess.py; versions 0.30+;
    https://www.uvicorn.org/deployment/
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Child process [",),
    pattern=r"Child process \[\d+\] died",
    exceptions=(),
    source="uvicorn",
    versions="0.30+",
    category="worker",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="uvicorn's supervisor found a dead or hung worker and replaced it.",
    cause=("OOM kill, crash of a C extension, blocked event loop (the worker does not answer the ping)."),
    fix="Check memory and blocking calls.",
    doc="https://www.uvicorn.org/deployment/",
    any_level=True,
    blames=False,
    rules=("blocking-call-with-session",),
)
