"""A gunicorn worker ended by a signal that its master sent.

Means: A normal stop (SIGTERM, SIGINT, SIGQUIT), or what follows a WORKER TIMEOUT (SIGABRT); the timeout is
    the problem, not this line.
Matches: `Worker (pid:...) was sent SIGTERM!`, SIGABRT, SIGINT, SIGQUIT ((logged) ERROR gunicorn.error)
Ignores: the same words as a wrapper's symptom: never a problem of its own
Source: gunicorn 23.0.0 and 27.0.1 gunicorn/arbiter.py (reap_workers);
    https://docs.gunicorn.org/en/stable/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("was sent SIG",),
    pattern="Worker \\(pid:\\d+\\) was sent SIG(?:TERM|ABRT|INT|QUIT)!",
    exceptions=(),
    source="gunicorn",
    versions="21+",
    category="worker",
    severity=Severity.INFO,
    tier=2,
    meaning="A gunicorn worker ended by a signal that its master sent.",
    cause=(
        "A normal stop (SIGTERM, SIGINT, SIGQUIT), or what follows a WORKER TIMEOUT (SIGABRT); the "
        "timeout is the problem, not this line."
    ),
    fix="Nothing, at a normal stop; else see the WORKER TIMEOUT before it.",
    doc="https://docs.gunicorn.org/en/stable/faq.html",
    wrapper=True,
)
