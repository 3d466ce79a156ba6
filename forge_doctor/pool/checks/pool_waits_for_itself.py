"""Requests that hold one connection wait for a second one of the same pool: it waits for itself.

Why:
    A request that opens a second session (an audit, a nested service) while it holds the first needs two
    connections at once. As many such requests as the pool has connections take all of them and then
    wait for each other until pool_timeout ends it.

Measures (s):
    All connections of a worker's pool idle in transaction since one moment, for `idle_s` or longer, none
    of them active, and at least twice as many requests in flight in that worker.

Wrong when:
    All those requests await one slow service that they called at one moment: from outside that looks alike,
    hence medium confidence. Several looks tell them apart (--duration): where the same transactions stay open
    from the first to the last, for `sure_s` or longer, nothing comes back to them.

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


@check(severity=Severity.ERROR, limits={"idle_s": 3, "sure_s": 4})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool of each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for load in workloads(situation):
        if load.waits_for_itself(limits["idle_s"]):
            yield _finding(situation, load, limits)


def _finding(situation: Situation, load: Workload, limits: Limits) -> Finding:
    looks = situation.snapshot.looks
    stayed = (
        looks is not None
        and looks.window_s >= limits["sure_s"]
        and {one.pid for one in load.idle} <= set(looks.persisting)
    )
    oldest = max(load.idle, key=lambda one: one.state_age_s or 0)
    spread = load.oldest_s - load.youngest_s
    doubt = "" if stayed else " (or all of them await one slow call: look again with --duration 10)"
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH if stayed else Confidence.MEDIUM,
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
