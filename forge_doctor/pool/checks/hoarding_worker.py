"""One worker holds far more connections than its siblings.

Why:
    Workers of one server do the same work. One that holds most of the connections has a leak, a
    blocked loop, or a background job of its own.

Measures (connections):
    A worker with at least `connections`, and `times` as many as the median of the other workers of
    its server.

Source:
    pg_stat_activity joined with the sockets of the processes.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_workers
from forge_doctor.pool.wording import count


@check(severity=Severity.WARNING, limits={"connections": 6, "times": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """At most one finding: the largest holder among the workers."""
    yield from unseen_workers(situation)
    workers = situation.worker_holders
    if len(workers) < 2 or workers[0].connections < limits["connections"]:
        return
    from statistics import median

    first, others = workers[0], workers[1:]
    usual = median(holder.connections for holder in others)
    if first.connections < limits["times"] * max(1, usual):
        return
    in_transaction = len(first.idle_in_transaction)
    yield Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{first.name} holds {first.connections} connections, its {count(len(others), 'sibling')} {usual:g} (median); "
        f"{in_transaction} of them are idle in transaction. The fault is in what only this worker does.",
        location=situation.here,
        evidence=(
            Evidence(label="held by it", value=first.connections, unit="connections", source="its sockets"),
            Evidence(label="median of the others", value=usual, unit="connections", source="their sockets"),
        ),
        remedy=f"kill -TERM {first.process.pid if first.process else ''}   # its master starts a new one; then look for a scheduler "
        "or a background task that runs in one worker only",
    )
