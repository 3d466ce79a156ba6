"""One session blocks others: the root of a lock pile-up, and where the queue can be opened.

Why:
    Everything behind it waits, and each waiter holds a connection. Ending a waiter changes nothing,
    unless the others wait for that waiter alone: a schema change that waits behind a long read stops
    every statement that comes after it. A root that is idle ends only when somebody ends it.

Measures (s):
    Root blockers by pg_blocking_pids(), with everybody behind them, where somebody has waited for
    `wait_s` or longer (pg_locks.waitstart, 14+; before: how long the statement runs). Warning;
    critical from `blocked_sessions` blocked sessions on, or where the root sits idle. What to do follows
    from what the root is: a waiting schema change is cancelled before anything else, an idle holder
    terminated (cancel frees nobody), a vacuum that prevents wraparound never, a dump last. Where no requests are in
    flight in the root's worker but those that wait behind it, one of them come before the root's transaction began,
    they are two sessions of one request: PostgreSQL sees no deadlock there, and nothing ends it.

Wrong when:
    The queue moves: a hot row changes hands in milliseconds, and no waiter has waited long, which is
    measured. Or the root ends by itself in a moment: every statement printed asks again whether it
    still blocks somebody.

Source:
    PostgreSQL documentation, pg_blocking_pids() (names the sessions ahead in the queue as well),
    pg_locks.waitstart; seen with 18: pg_cancel_backend() of an idle session returns true and frees nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.one_request import waiting_for_itself
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.lock_remedies import choke_message, lock_remedy, root_message, waited_for
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, held_by, pids
from forge_doctor.probes.postgres.backends.lock_queues import Pileup, Root
from forge_doctor.probes.processes.workers import Process

ONE_SESSION = "One session per request: pass the one the request has to what it calls, instead of opening a second."


@check(severity=Severity.WARNING, limits={"wait_s": 2, "blocked_sessions": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each root."""
    yield from unseen_sessions(situation)
    for pileup in situation.pileups:
        if pileup.longest_wait_s >= limits["wait_s"]:
            yield _finding(situation, pileup, limits)


def _finding(situation: Situation, pileup: Pileup, limits: Limits) -> Finding:
    stuck = pileup.kind in (Root.IDLE_IN_TRANSACTION, Root.IDLE, Root.PREPARED)
    critical = stuck or len(pileup.blocked) >= limits["blocked_sessions"]
    itself = waiting_for_itself(situation, pileup)
    victims = held_by(situation.holder_of(session) for session in pileup.blocked)
    return Finding(
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"1 root, {len(pileup.blocked)} blocked: {root_message(situation, pileup)}. "
        f"{count(len(pileup.blocked), 'session waits', 'sessions wait')} behind it, the longest for "
        f"{duration(pileup.longest_wait_s)} ({victims}).{choke_message(situation, pileup)}{_itself(itself)}",
        location=situation.location(pileup.root) if pileup.root else situation.here,
        evidence=(
            Evidence(
                label="blocked",
                value=len(pileup.blocked),
                unit="sessions",
                source=f"pg_blocking_pids(), pids {pids(pileup.blocked)}",
            ),
            *_waits(pileup),
            *(situation.about(pileup.root) if pileup.root else ()),
            *_progress(situation, pileup),
        ),
        remedy=lock_remedy(pileup, situation.seen_at) + (f"\n{ONE_SESSION}" if itself else ""),
        sessions=tuple(one.pid for one in (*((pileup.root,) if pileup.root else ()), *pileup.blocked)),
    )


def _itself(process: Process | None) -> str:
    if process is None:
        return ""
    return (
        f" No other request is in flight in pid {process.pid} than what waits, and it came before the transaction it waits "
        "for: one request seems to hold one session and to wait for it in a second, which PostgreSQL cannot see."
    )


def _waits(pileup: Pileup) -> Iterator[Evidence]:
    longest = max(pileup.blocked, key=pileup.waited_s)
    by_lock = longest.lock_wait_s is not None and longest.lock_wait_s >= pileup.longest_wait_s
    source = "now - pg_locks.waitstart" if by_lock else "now - query_start"
    yield Evidence(label="longest wait", value=round(pileup.longest_wait_s, 1), unit="s", source=source)
    if waited := waited_for(pileup):
        yield Evidence(label="waited for", value=waited, source="pg_locks")


def _progress(situation: Situation, pileup: Pileup) -> Iterator[Evidence]:
    told = [(one, situation.snapshot.progress.get(str(one.pid))) for one in (pileup.root, *pileup.chokes) if one]
    for session, progress in told:
        if progress:
            yield Evidence(label=f"progress of pid {session.pid}", value=progress, source="pg_stat_progress views")
