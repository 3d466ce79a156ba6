"""The lifespan start-up raised: the service does not run.

Means: Usually the database cannot be reached or a migration fails: see the traceback above.
Matches: `Application startup failed. Exiting.` ((logged) ERROR uvicorn.error)
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: uvicorn 0.54.0 uvicorn/lifespan/on.py; versions all; https://www.uvicorn.org/concepts/lifespan/
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Application startup failed. Exiting.",),
    pattern=r"Application startup failed\. Exiting\.",
    exceptions=(),
    source="uvicorn",
    versions="all",
    category="worker",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="The lifespan start-up raised: the service does not run.",
    cause="Usually the database cannot be reached or a migration fails: see the traceback above.",
    fix="Fix that error; retry with back-off in the lifespan.",
    doc="https://www.uvicorn.org/concepts/lifespan/",
    wrapper=True,
)
