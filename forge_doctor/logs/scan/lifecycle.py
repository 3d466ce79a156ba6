"""Lines that are no fault, but after which faults begin: a start, a stop, a deploy."""

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
