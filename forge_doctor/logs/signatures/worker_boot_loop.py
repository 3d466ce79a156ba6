"""Workers are booted again and again, and none ever says that it is ready: they die without a word.

Means: They are killed from outside before they are ready: memory at import (the kernel's OOM killer), a
    liveness probe, a container limit; or they stop in a native library.
Matches: three or more `Booting worker with pid` of a gunicorn beyond its first workers, with no
    `Application startup complete`, no exception, no reason between them
Ignores: workers that became ready, and gunicorn's sync workers, which say nothing when they are ready,
    unless the boots go on at a steady pace with no request served between them
Wrong when: workers are recycled by max_requests: gunicorn says so (`Autorestarting worker`), uvicorn
    workers say `Application startup complete`, and requests are served between the boots
Source: gunicorn 23.0.0 and 27.0.1 gunicorn/arbiter.py (spawn_worker);
    https://docs.gunicorn.org/en/stable/faq.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Booting worker with pid",),
    pattern="(?!)",
    exceptions=(),
    source="gunicorn",
    versions="all",
    category="worker",
    severity=Severity.CRITICAL,
    tier=2,
    meaning=("Workers are booted again and again, and none ever says that it is ready: they die without a word."),
    cause=(
        "They are killed from outside before they are ready: memory at import (the kernel's OOM "
        "killer), a liveness probe, a container limit; or they stop in a native library."
    ),
    fix=(
        "See the kernel's log (`dmesg -T | grep -i oom`), the container's OOMKilled and its memory "
        "limit; start one worker by hand (`uvicorn app:app`) to see what it says."
    ),
    doc="https://docs.gunicorn.org/en/stable/faq.html",
    shape=True,
)
