"""A Celery worker process died while it worked on a task.

Means: Killed for memory (signal 9), a crash in a C library (signal 11), or the host took the container
    away; the task is lost unless acks_late is set.
Matches: `Worker exited prematurely: signal 9 (SIGKILL)` (billiard's WorkerLostError), `Could not start
    worker processes`, billiard's `Process 'ForkPoolWorker-3' pid:41 exited with 'signal 9 (SIGKILL)'`, which counts once
    with the exception it is told beside
Ignores: the words in quotes, in an access log or below WARNING
Source: billiard 4.2.2 billiard/pool.py (mark_as_worker_lost, _join_exited_workers), Celery 5.5.3 celery/worker/loops.py;
    https://docs.celeryq.dev/en/stable/userguide/configuration.html#task-reject-on-worker-lost
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Worker exited prematurely: ", "Could not start worker processes", " exited with 'signal "),
    pattern=(
        "Worker exited prematurely: |Could not start worker processes"
        "|Process '[^'\n]{1,80}' pid:\\d+ exited with 'signal (?:4|6|7|8|9|11) "
    ),
    exceptions=("billiard.exceptions.WorkerLostError", "billiard.einfo.ExceptionWithTraceback"),
    source="celery",
    versions="4, 5",
    category="worker",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="A Celery worker process died while it worked on a task.",
    cause=(
        "Killed for memory (signal 9), a crash in a C library (signal 11), or the host took the "
        "container away; the task is lost unless acks_late is set."
    ),
    fix=(
        "For signal 9 see the kernel's log or the container's OOMKilled, then "
        "worker_max_memory_per_child and smaller tasks; task_acks_late with "
        "task_reject_on_worker_lost keeps the task."
    ),
    doc=("https://docs.celeryq.dev/en/stable/userguide/configuration.html#task-reject-on-worker-lost"),
    numbers=(("signal", "signal (\\d+)"),),
    explained_by=("task-time-limit",),
    detail="(?:prematurely: |exited with ')(\\w+ \\d+(?: \\(\\w+\\))?)",
)
