"""One session blocks others: the root of a lock pile-up.

Why:
    Everything behind it waits, and each waiter holds a connection. Ending a waiter changes nothing;
    ending the root frees all. A root that is idle in transaction ends only when somebody ends it.

Measures (s):
    Root blockers by pg_blocking_pids(), with everybody behind them, where somebody has waited for
    `wait_s` or longer (pg_locks.waitstart, 14+; before: how long the statement runs). Warning;
    critical from `blocked_sessions` blocked sessions on, or where the root sits idle.

Source:
    PostgreSQL documentation, pg_blocking_pids() (names the sessions ahead in the queue as well),
    pg_locks.waitstart.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.lock_queues import Pileup
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Session
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, held_by, pids, terminate


@check(severity=Severity.WARNING, limits={"wait_s": 2, "blocked_sessions": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each root."""
    yield from unseen_sessions(situation)
    for pileup in situation.pileups:
        if pileup.longest_wait_s >= limits["wait_s"]:
            yield _finding(situation, pileup, limits)


def _finding(situation: Situation, pileup: Pileup, limits: Limits) -> Finding:
    idle = pileup.root is not None and pileup.root.idle_in_transaction
    critical = idle or pileup.root_pid == 0 or len(pileup.blocked) >= limits["blocked_sessions"]
    victims = held_by(situation.holder_of(session) for session in pileup.blocked)
    name, doing = _root(situation, pileup)
    longest = max(pileup.blocked, key=pileup.waited_s)
    return Finding(
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"1 root, {len(pileup.blocked)} blocked: {name} {doing}. {count(len(pileup.blocked), 'session waits', 'sessions wait')}"
        f" behind it, the longest for {duration(pileup.longest_wait_s)} ({victims}).",
        location=situation.location(pileup.root) if pileup.root else situation.here,
        evidence=(
            Evidence(
                label="blocked",
                value=len(pileup.blocked),
                unit="sessions",
                source=f"pg_blocking_pids(), pids {pids(pileup.blocked)}",
            ),
            Evidence(
                label="longest wait",
                value=round(pileup.longest_wait_s, 1),
                unit="s",
                source=_wait_source(longest, pileup),
            ),
            *(situation.statement(pileup.root) if pileup.root else ()),
        ),
        remedy=_remedy(pileup),
    )


def _wait_source(longest: Session, pileup: Pileup) -> str:
    by_lock = longest.lock_wait_s is not None and longest.lock_wait_s >= pileup.longest_wait_s
    return "now - pg_locks.waitstart" if by_lock else "now - query_start"


def _root(situation: Situation, pileup: Pileup) -> tuple[str, str]:
    root = pileup.root
    if pileup.root_pid == 0:
        return "a prepared transaction", "holds locks that outlive every session"
    if root is None:
        return f"pid {pileup.root_pid}", "holds the lock (a background process, or it has ended meanwhile)"
    name = f"pid {root.pid} ({situation.holder_of(root)})"
    if root.hidden:
        return name, "holds the lock; what it does is hidden from this role"
    if root.idle_in_transaction:
        return name, (
            f"has been idle in transaction for {duration(root.state_age_s)}, open for {duration(root.xact_age_s)}: "
            "nothing will release its locks until it ends"
        )
    return name, f"has been running a statement for {duration(root.query_age_s)}"


def _remedy(pileup: Pileup) -> str:
    if pileup.root_pid == 0:
        return "SELECT gid, prepared FROM pg_prepared_xacts ORDER BY prepared;   -- then ROLLBACK PREPARED '<gid>';"
    if pileup.root is not None and pileup.root.idle_in_transaction:
        return terminate((pileup.root,), f"state = '{pileup.root.state}'")
    return f"SELECT pg_cancel_backend({pileup.root_pid});   -- the statement only; pg_terminate_backend if it stays"
