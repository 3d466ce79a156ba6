"""One worker holds far more connections than its siblings.

Why:
    Workers of one server do the same work. One that holds most of the connections has a leak, a
    blocked loop, or a background job of its own.

Measures (connections):
    A worker with at least `connections` in which nothing runs and that no pool has back, and
    `times` as many as the median of the
    other workers of its server.

Wrong when:
    The load is uneven: one worker of two gets most requests, or one is only blocked. Looked at: sessions
    that run a statement or wait for a lock are work and do not count, nor does a worker with as many
    requests in flight as connections. What a pool keeps after a burst is its size, and no hoard: it ends with the pool's
    ROLLBACK or reset.

Source:
    pg_stat_activity joined with the sockets of the processes.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, was_returned
from forge_doctor.pool.inference.requests import open_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_workers
from forge_doctor.pool.wording import count


@check(severity=Severity.WARNING, limits={"connections": 6, "times": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """At most one finding: the largest holder among the workers."""
    yield from unseen_workers(situation)
    workers = sorted(situation.worker_holders, key=_unused, reverse=True)
    if len(workers) < 2 or _unused(workers[0]) < limits["connections"]:
        return
    from statistics import median

    first, others = workers[0], workers[1:]
    usual = median(_unused(holder) for holder in others)
    if _unused(first) < limits["times"] * max(1, usual) or (
        first.process and open_requests(first.process) >= _unused(first)
    ):
        return
    in_transaction = len(first.idle_in_transaction)
    yield Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{first.name} holds {first.connections} connections, {_unused(first)} of them without a statement; its "
        f"{count(len(others), 'sibling')} {usual:g} (median); {in_transaction} of them are idle in transaction. The fault is in "
        "what only this worker does.",
        location=situation.here,
        evidence=(
            Evidence(label="held by it", value=first.connections, unit="connections", source="its sockets"),
            Evidence(label="median of the others", value=usual, unit="connections", source="their sockets"),
        ),
        remedy="Look for what runs in one worker only: a scheduler, a background task, a cache that is filled there.",
        sessions=tuple(one.pid for one in first.idle_in_transaction or first.sessions),
    )


def _unused(holder: Holder) -> int:
    """Its connections in which no statement runs and that no pool has back; all of them where only sockets were to be seen."""
    return (
        sum(one.state != "active" and not was_returned(one) for one in holder.sessions)
        if holder.sessions
        else holder.connections
    )
