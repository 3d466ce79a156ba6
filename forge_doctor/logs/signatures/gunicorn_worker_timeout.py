"""A worker did not report within --timeout and is killed, with all its requests and connections.

Means: Blocking call in the event loop (time.sleep, sync driver, CPU work), or waiting for a pool without
    timeouts.
Matches: `WORKER TIMEOUT` ((logged) CRITICAL gunicorn.error); uWSGI's `*** HARAKIRI ON WORKER 1 (pid: 7, try: 1) ***`, of which
    the limit is harakiri
Ignores: the words in quotes, in an access log or below WARNING
Source: gunicorn 20.1.0 gunicorn/arbiter.py, gunicorn 23.0.0 gunicorn/arbiter.py, gunicorn 27.0.1
    gunicorn/arbiter.py, uWSGI 2.0.28 core/master_checks.c; versions all; https://docs.gunicorn.org/en/stable/settings.html#timeout
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("WORKER TIMEOUT", "HARAKIRI ON WORKER "),
    pattern=r"WORKER TIMEOUT|HARAKIRI ON WORKER \d",
    exceptions=(),
    source="gunicorn",
    versions="all",
    category="worker",
    severity=Severity.CRITICAL,
    tier=1,
    meaning=("A worker did not report within --timeout and is killed, with all its requests and connections."),
    cause=(
        "Blocking call in the event loop (time.sleep, sync driver, CPU work), or waiting for a pool without timeouts."
    ),
    fix=("Move blocking work to a thread; add timeouts; raise --timeout only for known long start-ups."),
    doc="https://docs.gunicorn.org/en/stable/settings.html#timeout",
    blames=False,
    tells="the log does not show the call that blocked the worker",
    rules=("blocking-call-with-session",),
)
