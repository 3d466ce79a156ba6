"""gunicorn's master stops because a worker could not start.

Means: The application could not be imported or its worker raised before it was ready: see the traceback
    above.
Matches: `Worker failed to boot`, `App failed to load`, `Shutting down: Master` and `exited with code 3` or
    4 ((logged) ERROR gunicorn.error; HaltServer)
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: gunicorn 23.0.0 and 27.0.1 gunicorn/arbiter.py (reap_workers, halt);
    https://docs.gunicorn.org/en/stable/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Worker failed to boot", "App failed to load", "Shutting down: Master", "exited with code "),
    pattern=(
        "Worker failed to boot|App failed to load|Shutting down: Master|Worker \\(pid:\\d+\\) exited with code [34]\\b"
    ),
    exceptions=(),
    source="gunicorn",
    versions="20.1+",
    category="worker",
    severity=Severity.ERROR,
    tier=2,
    meaning="gunicorn's master stops because a worker could not start.",
    cause=("The application could not be imported or its worker raised before it was ready: see the traceback above."),
    fix="Mend the exception in the traceback above it.",
    doc="https://docs.gunicorn.org/en/stable/faq.html",
    wrapper=True,
)
