"""Requests wait, and the database has nothing to do: it is not the database.

Why:
    A slow service is often looked for in the database first. Where requests are in flight and no session runs
    a statement, waits for a lock or keeps a transaction open, the time goes elsewhere: another service, the
    application's own code, a queue in front of it.

Measures (requests):
    `requests` or more in flight in a worker found here, while it holds at most `busy_ratio` as many sessions
    that are not idle, and nobody waits for a lock.

Wrong when:
    One look falls between two statements. So many requests at once that hardly one is in the database are no chance;
    still info only, and streams, which wait on purpose, do not count as requests; nor is it told where as many sessions
    LISTEN as requests are in flight: those wait for a notification.

Source:
    Sockets of the workers, joined with pg_stat_activity.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, is_listener
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import workloads
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers


@check(severity=Severity.INFO, limits={"requests": 5, "busy_ratio": 0.1})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each such worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    if situation.server is None or situation.pileups:
        return
    for holder in situation.worker_holders:
        process = holder.process
        if process is None or not process.requests_exact or process.pooler_sockets:
            continue
        if process.suspension is not None:
            continue  # it does nothing at all: see stopped-process
        if process.requests_unread or any(one.stalled for one in process.listen):
            continue  # its loop does not run: see event-loop-blocked
        if any(load.held_by_requests() for load in workloads(situation) if load.holder is holder):
            continue
        waiting, busy = process.requests_in_flight, _busy(holder)
        if _only_listens(holder, waiting):
            continue
        if waiting >= limits["requests"] and busy <= limits["busy_ratio"] * waiting:
            yield _finding(situation, holder, waiting, busy)


def _busy(holder: Holder) -> int:
    return sum(one.state != "idle" for one in holder.sessions)


def _only_listens(holder: Holder, waiting: int) -> bool:
    """Whether as many sessions wait for notifications as requests are in flight: each has its own, and waits on purpose."""
    return sum(map(is_listener, holder.sessions)) >= waiting


def _finding(situation: Situation, holder: Holder, waiting: int, busy: int) -> Finding:
    active = sum(one.state == "active" for one in situation.sessions)
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"it is not the database: {waiting} requests are in flight in {holder.name}, and {busy} of its "
        f"{holder.connections} sessions do anything. No statement of it runs long, nobody waits for a lock, no transaction is kept.",
        location=situation.here,
        evidence=(
            Evidence(label="requests in flight", value=waiting, unit="requests", source="its accepted sockets"),
            Evidence(label="not idle", value=busy, unit="sessions", source="pg_stat_activity"),
            Evidence(label="active in all", value=active, unit="sessions", source="pg_stat_activity"),
            Evidence(label="waiting for a lock", value=0, unit="sessions", source="pg_blocking_pids()"),
        ),
        remedy=f"py-spy dump --pid {holder.process.pid if holder.process else ''}   # where its threads are; for coroutines its own log",
    )
