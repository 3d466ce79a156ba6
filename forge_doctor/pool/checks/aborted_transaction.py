"""A transaction failed and nobody rolled it back.

Why:
    After an error every statement in the transaction fails ("current transaction is aborted"), and
    the connection stays taken until a ROLLBACK. The code swallowed the exception.

Measures (s):
    Sessions in state "idle in transaction (aborted)" for `idle_s` or longer. Error from
    `critical_s` on.

Wrong when:
    The client is about to roll back: a debugger, a person at a console. Ruled out by its age alone, and
    the remedy asks again whether the session is still in that state.

Source:
    PostgreSQL documentation, pg_stat_activity.state; SQLSTATE 25P02.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, unit_of_work, uses_sqlalchemy
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.signals import idle_for, terminate


@check(severity=Severity.WARNING, limits={"idle_s": 5, "critical_s": 30})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each holder."""
    yield from unseen_sessions(situation)
    for holder in situation.holders:
        sessions = tuple(
            session for session in holder.sessions if session.aborted and (session.state_age_s or 0) >= limits["idle_s"]
        )
        if not sessions:
            continue
        oldest = max(sessions, key=lambda session: session.state_age_s or 0)
        yield Finding(
            severity=Severity.ERROR if (oldest.state_age_s or 0) >= limits["critical_s"] else Severity.WARNING,
            confidence=Confidence.HIGH,
            message=f"{holder.name} holds {count(len(sessions), 'failed transaction')} that nobody rolled back, the oldest for "
            f"{duration(oldest.state_age_s)}. Every statement in them fails until a ROLLBACK.",
            location=situation.location(oldest),
            evidence=(
                Evidence(label="aborted", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"),
                Evidence(
                    label="longest idle", value=round(oldest.state_age_s or 0, 1), unit="s", source="now - state_change"
                ),
                *situation.about(oldest),
            ),
            remedy=terminate(
                (one.pid for one in sessions),
                idle_for(limits["idle_s"], "idle in transaction (aborted)", situation.seen_at),
            )
            + f"\n{_rolling_back(holder)}   # rolls back whatever is raised",
            sessions=tuple(one.pid for one in sessions),
        )


def _rolling_back(holder: Holder) -> str:
    if uses_sqlalchemy(holder.process):
        return "async with Session() as session, session.begin(): ..."
    return unit_of_work(holder.process)
