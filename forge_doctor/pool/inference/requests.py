"""Requests in flight in a worker against the sessions it holds: what tells a held connection from a leaked one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forge_doctor.probes.processes.workers import Process

# The look at the sockets comes after the server's answer, and both clocks tick.
SLACK_S = 0.5
# WebSockets that began within so long are pinged within as long, and for as long look like connections kept alive.
PINGED_S = 6.0


def open_requests(process: Process) -> int:
    """Requests that wait for their answer, and those whose answer is still open: streams, downloads, WebSockets.

    A WebSocket that was pinged a moment ago looks like a connection kept alive: beside quiet ones, as many may be.
    """
    pinged = min(process.kept_open, process.quiet_open)
    return process.requests_in_flight + process.streams_open + process.quiet_open + pinged


def counted_requests(process: Process | None) -> int | None:
    """The same; None where it cannot be counted: no process, a kernel that does not tell, or a worker that listens on
    a Unix socket or no longer listens, whose clients are not to be seen."""
    if process is None or not process.listen or not process.requests_exact:
        return None
    return open_requests(process)


def early_enough(idle_s: Sequence[float], requests_s: Sequence[float | None]) -> int:
    """How many sessions that have idled for so long the requests that came so long ago may hold, one each.

    A request that came after a session began to idle cannot be what holds it: it waits for a connection itself.
    One whose age is not known may hold any.
    """
    known = sorted((age for age in requests_s if age is not None), reverse=True)
    unknown = len(requests_s) - len(known)
    held = 0
    for idle in sorted(idle_s, reverse=True):
        if known and known[0] >= idle - SLACK_S:
            known.pop(0)
        elif unknown:
            unknown -= 1
        else:
            continue
        held += 1
    return held


def may_be_pinged(workers: Iterable[Process], idle_s: Sequence[float]) -> bool:
    """Whether WebSockets may hold sessions that have idled for so long, and were all pinged a moment ago."""
    kept = sum(one.kept_open for one in workers)
    return kept >= len(idle_s) > 0 and max(idle_s) - min(idle_s) <= PINGED_S
