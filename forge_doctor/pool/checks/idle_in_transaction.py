"""A client keeps a transaction open and does nothing in it.

Why:
    The session holds its connection, every lock it took and often the oldest snapshot, while the
    application does something else: a call to another service, or nothing, since the session was
    forgotten.

Measures (s):
    How long it has been idle (now - state_change) and how long the transaction has been open
    (now - xact_start): two numbers. Warning from `idle_s` on, critical from `critical_s` on, or
    where somebody has waited behind it for `wait_s`. Aborted transactions have a check of their own.

Wrong when:
    Something is about to run in it: the age is that of the idle state, not of the transaction. Or a lock
    of it changes hands in milliseconds: the same waiting time is asked for as in blocking-session.

Source:
    PostgreSQL documentation, "The Statistics Collector", pg_stat_activity; idle_in_transaction_session_timeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import set_for_role
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import idle_for, terminate


@check(severity=Severity.WARNING, limits={"idle_s": 5, "critical_s": 30, "wait_s": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each holder."""
    yield from unseen_sessions(situation)
    blockers = situation.blockers(limits["wait_s"])
    for holder in situation.holders:
        sessions = tuple(
            session
            for session in holder.idle_in_transaction
            if not session.aborted and ((session.state_age_s or 0) >= limits["idle_s"] or session.pid in blockers)
        )
        if sessions:
            yield _finding(situation, holder, sessions, limits)


def _finding(situation: Situation, holder: Holder, sessions: tuple[Session, ...], limits: Limits) -> Finding:
    idlest = max(sessions, key=lambda session: session.state_age_s or 0)
    open_s = max(session.xact_age_s or 0 for session in sessions)
    blocking = [session for session in sessions if session.pid in situation.blockers(limits["wait_s"])]
    critical = bool(blocking) or (idlest.state_age_s or 0) >= limits["critical_s"]
    blocks = f" {count(len(blocking), 'of them blocks', 'of them block')} other sessions." if blocking else ""
    return Finding(
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{holder.name} holds {len(sessions)} of its {count(holder.connections, 'connection')} idle in transaction: "
        f"idle for up to {duration(idlest.state_age_s)}, open for up to {duration(open_s)}. "
        f"Nothing runs in them, yet they keep their connections and locks.{blocks}",
        location=situation.location(idlest),
        evidence=(
            Evidence(
                label="idle in transaction", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"
            ),
            Evidence(
                label="longest idle", value=round(idlest.state_age_s or 0, 1), unit="s", source="now - state_change"
            ),
            Evidence(label="longest open", value=round(open_s, 1), unit="s", source="now - xact_start"),
            *situation.about(idlest),
        ),
        remedy=terminate((one.pid for one in sessions), idle_for(_recheck(sessions, limits), seen_at=situation.seen_at))
        + "\n"
        + set_for_role(idlest.user, "idle_in_transaction_session_timeout", "60s", "so that it can't last"),
        sessions=tuple(one.pid for one in sessions),
    )


def _recheck(sessions: tuple[Session, ...], limits: Limits) -> float:
    """How long each must still be idle for the remedy to touch it: none that has moved on since."""
    return min(limits["idle_s"], *(session.state_age_s or 0 for session in sessions))
