"""Requests that hold one connection wait for a second one of the same pool: it waits for itself.

Why:
    A request that opens a second session (an audit, a nested service) while it holds the first needs two
    connections at once. As many such requests as the pool has connections take all of them and then
    wait for each other until pool_timeout ends it.

Measures (s):
    All connections of a worker's pool idle in transaction since one moment, for `idle_s` or longer, none
    of them active, at least twice as many requests in flight in that worker, and not as many tasks, or unanswered calls
    to other services, as connections.

Wrong when:
    All those requests await one slow thing that they began at one moment. Ruled out where it is a call to another service
    that has no answer yet: the kernel tells on which connections the worker spoke last. What waits for a timer or a
    thread looks alike from outside, also in several looks: hence medium confidence. High where the stacks of its tasks
    were read (Python 3.14) and more of them wait for the pool than it has connections.

Source:
    SQLAlchemy documentation, "Connection Pooling", QueuePool.timeout; seen with SQLAlchemy 2.1: 25 requests, ten
    connections, all idle in transaction within the same tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import Workload, workloads
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration, pids


@check(severity=Severity.ERROR, limits={"idle_s": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool of each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for load in workloads(situation):
        if load.waits_for_itself(limits["idle_s"]):
            yield _finding(situation, load)


def _finding(situation: Situation, load: Workload) -> Finding:
    oldest = max(load.idle, key=lambda one: one.state_age_s or 0)
    spread = load.oldest_s - load.youngest_s
    sure = load.at_pool is not None and load.at_pool > len(load.idle)
    doubt = "" if sure else " (or all of them await one slow thing that is no call to another service)"
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=f"the pool of {load.name} waits for itself: all {len(load.idle)} connections are idle in transaction, begun "
        f"within {spread:.1f} s of each other {duration(load.oldest_s)} ago, nothing runs, and {load.requests} requests are in flight: "
        f"requests that hold one connection wait for a second one{doubt}.",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="requests in flight", value=load.requests, unit="requests", source="its accepted sockets"),
            Evidence(
                label="idle in transaction", value=len(load.idle), unit="sessions", source=f"pids {pids(load.idle)}"
            ),
            Evidence(label="active", value=load.active, unit="sessions", source="pg_stat_activity"),
            Evidence(label="begun within", value=round(spread, 1), unit="s", source="now - state_change"),
            *situation.about(oldest),
        ),
        remedy="One session per request: pass the one the request has to what it calls, instead of opening a second.\n"
        "A larger pool only moves the number of requests at which it stops.",
        sessions=tuple(one.pid for one in load.idle),
    )
