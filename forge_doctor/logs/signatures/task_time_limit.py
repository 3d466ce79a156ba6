"""A task (Celery, RQ, Dramatiq) ran longer than its time limit and was interrupted, or killed.

Means: The task waits without a timeout of its own (a query, a lock, a pool, another service), or has more to do than
    fits into the limit. After a hard limit its process is gone: no `finally` of it ran, and a connection it held is
    rolled back by the server only.
Matches: `SoftTimeLimitExceeded` (with the line that was interrupted), `Soft time limit (1.0s) exceeded for shop.pay[...]`,
    `TimeLimitExceeded(2,)`, `Task exceeded maximum timeout value (180 seconds)` (RQ), `Time limit exceeded. Raising
    exception in worker thread` (Dramatiq), `Hard time limit (2s) exceeded for shop.pay[...]`; what is told of one task at once counts once
Ignores: the words in quotes, in an access log or below WARNING
Source: billiard 4.3.2 billiard/pool.py (soft_timeout_sighandler, on_hard_timeout), billiard/exceptions.py; Celery 5.7.0
    celery/worker/request.py (on_timeout); RQ 3.0.0 rq/timeouts.py; Dramatiq 2.2.1 dramatiq/middleware/time_limit.py;
    https://docs.celeryq.dev/en/stable/userguide/workers.html#time-limits
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("TimeLimitExceeded", "ime limit (", "exceeded maximum timeout value (", "Time limit exceeded. Raising"),
    pattern=(
        r"\b(?:Soft)?TimeLimitExceeded\b|\b(?:Soft|Hard) time limit \([^)\n]{1,40}\) exceeded for "
        r"|Task exceeded maximum timeout value \(|Time limit exceeded\. Raising exception in worker thread"
    ),
    exceptions=(
        "billiard.exceptions.SoftTimeLimitExceeded",
        "billiard.exceptions.TimeLimitExceeded",
        "celery.exceptions.SoftTimeLimitExceeded",
        "celery.exceptions.TimeLimitExceeded",
        "rq.timeouts.JobTimeoutException",
        "dramatiq.middleware.time_limit.TimeLimitExceeded",
        "billiard.einfo.ExceptionWithTraceback",
    ),
    source="celery, rq, dramatiq",
    versions="all",
    category="worker",
    severity=Severity.ERROR,
    tier=2,
    meaning="A task ran longer than its time limit and was interrupted, or killed with its process.",
    cause=(
        "The task waits without a timeout of its own (a query, a lock, a pool, another service), or has more to do "
        "than fits into the limit."
    ),
    fix=(
        "Give what the line waits for a timeout shorter than the limit (statement_timeout, lock_timeout, pool_timeout), "
        "split long work into more tasks; with Celery set task_soft_time_limit below task_time_limit and close the session when "
        "SoftTimeLimitExceeded is raised. Raise the limit only for work that is known to take so long."
    ),
    doc="https://docs.celeryq.dev/en/stable/userguide/workers.html#time-limits",
    tells="of a hard limit the log does not show what the task was waiting for",
    numbers=(("limit", r"imit \((\d+(?:\.\d+)?)s?\)"),),
)
