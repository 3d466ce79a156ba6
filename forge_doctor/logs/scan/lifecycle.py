"""Lines that are no fault: a start, a stop, a deploy, after which faults begin; and what tells whether a start succeeds."""

from __future__ import annotations

MARKS = (
    (b"Application startup complete", "app started"),
    (b"Booting worker with pid", "worker started"),
    (b"database system is ready to accept connections", "database started"),
    (b"received fast shutdown request", "database stopped"),
    (b"received smart shutdown request", "database stopped"),
    (b"received immediate shutdown request", "database stopped"),
)
"""(what stands in the line, what it is called)."""

STARTS = (
    (b"Started parent process [", "parent"),
    (b"Starting gunicorn ", "parent"),
    (b"Started server process [", "server"),
    (b"Waiting for application startup", "waiting"),
    (b"Application startup complete", "ready"),
    (b"Uvicorn running on ", "running"),
    (b"Application startup failed. Exiting.", "failed"),
    (b"Worker failed to boot", "failed"),
    (b"Booting worker with pid", "boot"),
    (b"Using worker: ", "class"),
    (b"Worker exiting (pid", "reason"),
    (b"Autorestarting worker", "reason"),
    (b"Handling signal: ", "reason"),
    (b"WORKER TIMEOUT (pid", "reason"),
    (b"Perhaps out of memory?", "reason"),
    (b"was terminated due to signal", "reason"),
    (b"exited with code ", "reason"),
)
"""(what stands in the line, what it says of a start): see `problems/starts.py`."""
