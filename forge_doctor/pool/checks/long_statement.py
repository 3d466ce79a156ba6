"""A statement has been running for long.

Why:
    It holds its connection and its locks for all that time; a few of them empty a pool.

Measures (s):
    now - query_start of active sessions that wait for no lock (those are victims, see
    blocking-session). Warning from `running_s` on, error from `critical_s` on.

Wrong when:
    It is meant to run that long: a dump, a migration, a report. The finding names the command and the
    application; a dump is told as one, and no statement_timeout is advised for its role.

Source:
    PostgreSQL documentation, pg_stat_activity.query_start, statement_timeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import set_for_role
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, held_by, pids
from forge_doctor.probes.postgres.backends.lock_queues import DUMPS
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import cancel, running_for, terminate, unfed


@check(severity=Severity.WARNING, limits={"running_s": 30, "critical_s": 300})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them, the longest named."""
    yield from unseen_sessions(situation)
    running = tuple(
        session
        for session in situation.sessions
        if session.state == "active" and not session.blocked_by and (session.query_age_s or 0) >= limits["running_s"]
    )
    if not running:
        return
    longest = max(running, key=lambda session: session.query_age_s or 0)
    age = longest.query_age_s or 0
    yield Finding(
        severity=Severity.ERROR if age >= limits["critical_s"] else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{count(len(running), 'statement runs', 'statements run')} for over {duration(limits['running_s'])}, the longest "
        f"for {duration(age)} ({held_by(situation.holder_of(session) for session in running)}). "
        "Each keeps a connection busy.",
        location=situation.location(longest),
        evidence=(
            Evidence(label="long statements", value=len(running), unit="sessions", source=f"pids {pids(running)}"),
            Evidence(label="longest", value=round(age, 1), unit="s", source="now - query_start"),
            *situation.about(longest),
        ),
        remedy=_remedy(longest, situation.seen_at),
        sessions=tuple(one.pid for one in running),
    )


def _remedy(longest: Session, seen_at: str) -> str:
    if longest.application_name.startswith(DUMPS):
        return "-- a backup: let it run, or move it to a standby; cancelled, it has to begin anew"
    age = longest.query_age_s or 0
    if longest.waits_for_client:
        stop = terminate((longest.pid,), unfed(age - 1, seen_at))
        return f"{stop}   -- neither pg_cancel_backend nor statement_timeout ends a wait for the client"
    stop = cancel((longest.pid,), running_for(age - 1, seen_at)) + "   -- ends the statement, keeps the session"
    return f"{stop}\n" + set_for_role(longest.user, "statement_timeout", "30s", "so that it can't last")
