"""A worker ended by a signal.

Means: 9: OOM killer or the arbiter's own kill; 15: normal stop.
Matches: `was terminated due to signal` ((logged) WARNING gunicorn.error)
Ignores: signal 15 (a normal stop), 6 (the arbiter after WORKER TIMEOUT), and 9 after WORKER TIMEOUT of the
    same pid
Source: gunicorn 20.1.0 gunicorn/arbiter.py; versions 20.x; https://docs.gunicorn.org/en/stable/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("was terminated due to signal",),
    pattern=r"Worker with pid \d+ was terminated due to signal (?:9|11)\b",
    exceptions=(),
    source="gunicorn",
    versions="20.x",
    category="worker",
    severity=Severity.WARNING,
    tier=2,
    meaning="A worker ended by a signal.",
    cause="9: OOM killer or the arbiter's own kill; 15: normal stop.",
    fix=(
        "If a WORKER TIMEOUT of the same pid precedes it, that is the cause; else check the "
        "memory limit and dmesg. Here: ignore 15 at shutdown."
    ),
    doc="https://docs.gunicorn.org/en/stable/faq.html",
    blames=False,
    tells="the log names the signal, not who sent it",
    explained_by=("gunicorn-worker-timeout", "interpreter-crash"),
)
