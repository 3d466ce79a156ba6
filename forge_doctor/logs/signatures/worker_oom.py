"""A worker was killed by SIGKILL.

Means: The kernel's OOM killer (container memory limit), or gunicorn's own kill after WORKER TIMEOUT, uWSGI's after HARAKIRI.
Matches: `Perhaps out of memory?` ((logged) ERROR gunicorn.error); also: `Worker (pid:%s) was sent SIGKILL!
    Perhaps out of memory?`; `Worker with pid %s was terminated due to signal 9 (20.1)`;
    uWSGI's `DAMN ! worker 2 (pid: 178) died, killed by signal 9 :( trying respawn ...`
Ignores: a SIGKILL that follows WORKER TIMEOUT or HARAKIRI of the same pid, or `Handling signal: term` (int, quit) of gunicorn, until
    it starts anew, unless another worker ends more than a second after it: that is the arbiter, not the kernel
Source: gunicorn 27.0.1 gunicorn/arbiter.py, gunicorn 23.0.0 gunicorn/arbiter.py, uWSGI 2.0.28 core/master.c; versions 21+;
    https://docs.gunicorn.org/en/stable/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Perhaps out of memory?", "died, killed by signal 9"),
    pattern=r"Perhaps out of memory\?|\bworker \d+ \(pid: \d+\) died, killed by signal 9\b",
    exceptions=(),
    source="gunicorn",
    versions="21+",
    category="worker",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="A worker was killed by SIGKILL.",
    cause=("The kernel's OOM killer (container memory limit), or gunicorn's own kill after WORKER TIMEOUT."),
    fix=("If a WORKER TIMEOUT of the same pid precedes it, that is the cause; else check the memory limit and dmesg."),
    doc="https://docs.gunicorn.org/en/stable/faq.html",
    blames=False,
    tells="the server only guesses memory, if that: nothing in this log proves that the kernel killed it",
    explained_by=("gunicorn-worker-timeout",),
)
