"""Requests in flight in a worker against the sessions it holds: what tells a held connection from a leaked one."""

from __future__ import annotations

from forge_doctor.probes.processes.workers import Process


def open_requests(process: Process) -> int:
    """Requests that wait for their answer, and answers that are still being sent (event streams, downloads)."""
    return process.requests_in_flight + process.streams_open


def counted_requests(process: Process | None) -> int | None:
    """The same; None where it cannot be counted: no process, a kernel that does not tell, or a worker that listens on
    a Unix socket or no longer listens, whose clients are not to be seen."""
    if process is None or not process.listen or not process.requests_exact:
        return None
    return open_requests(process)
