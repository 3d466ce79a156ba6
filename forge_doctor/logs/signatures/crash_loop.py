"""The service never starts: it is started again and again, and each time it stops before it is ready.

Means: What the last exception before each stop says; without one, something outside ends it: memory, a
    health check, a signal.
Matches: two or more starts in a row (uvicorn, gunicorn, hypercorn, Celery, an entrypoint's migration)
    without a sign of being ready between them
Ignores: starts that became ready; a single failed start; a reload under --reload
Wrong when: the log was cut so that the signs of being ready are gone: a server whose log has such a sign
    anywhere is judged only by what stands between its starts
Source: uvicorn 0.54.0 uvicorn/lifespan/on.py, uvicorn/supervisors/multiprocess.py; gunicorn 27.0.1
    gunicorn/arbiter.py; Celery 5.5.3 celery/apps/worker.py; https://www.uvicorn.org/concepts/lifespan/
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Started parent process [",),
    pattern="(?!)",
    exceptions=(),
    source="uvicorn",
    versions="all",
    category="worker",
    severity=Severity.CRITICAL,
    tier=2,
    meaning=("The service never starts: it is started again and again, and each time it stops before it is ready."),
    cause=(
        "What the last exception before each stop says; without one, something outside ends it: "
        "memory, a health check, a signal."
    ),
    fix="Mend the exception that ends the start; it comes before everything else in this log.",
    doc="https://www.uvicorn.org/concepts/lifespan/",
    shape=True,
)
