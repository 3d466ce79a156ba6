"""A transaction has been open for long.

Why:
    It keeps its locks, and where it has a transaction id or a snapshot (backend_xid, backend_xmin)
    vacuum can remove no row that died since it began: tables and indexes bloat.

Measures (s):
    now - xact_start. Warning from `open_s` on, error from `critical_s` on. That vacuum is held back
    is claimed only where backend_xid or backend_xmin is set: an idle READ COMMITTED transaction
    often has neither.

Wrong when:
    It is a dump or a migration that has to be one transaction: the finding names the application and
    what it does now; the statement printed does nothing once that transaction has ended.

Source:
    PostgreSQL documentation, pg_stat_activity.backend_xmin, "Routine Vacuuming"; thresholds as
    pganalyze's for the error.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, held_by, pids
from forge_doctor.probes.postgres.backends.signals import open_for, terminate


@check(severity=Severity.WARNING, limits={"open_s": 300, "critical_s": 1800})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them, the oldest named."""
    yield from unseen_sessions(situation)
    long = tuple(session for session in situation.sessions if (session.xact_age_s or 0) >= limits["open_s"])
    if not long:
        return
    oldest = max(long, key=lambda session: session.xact_age_s or 0)
    holding = sum(1 for session in long if session.holds_back_vacuum)
    vacuum = f" {holding} of them hold back vacuum." if holding else " None of them holds back vacuum."
    age = oldest.xact_age_s or 0
    yield Finding(
        severity=Severity.ERROR if age >= limits["critical_s"] else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{count(len(long), 'transaction has', 'transactions have')} been open for over {duration(limits['open_s'])}, the "
        f"oldest for {duration(age)}, now {oldest.state} ({held_by(situation.holder_of(session) for session in long)}).{vacuum}",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="long transactions", value=len(long), unit="sessions", source=f"pids {pids(long)}"),
            Evidence(label="oldest", value=round(age, 1), unit="s", source="now - xact_start"),
            Evidence(label="hold back vacuum", value=holding, unit="sessions", source="backend_xid, backend_xmin"),
            *situation.about(oldest),
        ),
        remedy=terminate((oldest.pid,), open_for(age - 1, situation.seen_at))
        + "   -- rolls it back; pg_cancel_backend ends only a running statement",
        sessions=tuple(one.pid for one in long),
    )
