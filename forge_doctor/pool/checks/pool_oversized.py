"""The pools keep many connections that nobody uses.

Why:
    Each idle connection is a server process and a slot that others can't have; pool_size connections
    stay open for ever once they were needed.

Measures (connections):
    Sessions of the workers that have been idle for `idle_s` or longer: at least `connections`, and
    `idle_ratio` of all their sessions.

Wrong when:
    The look caught a quiet hour: hence info.

Source:
    SQLAlchemy documentation, QueuePool: pool_size is kept, overflow is closed on return;
    pool_recycle acts only at checkout.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration


@check(severity=Severity.INFO, limits={"idle_s": 60, "connections": 10, "idle_ratio": 0.8})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the application."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    sessions = [session for holder in situation.worker_holders for session in holder.sessions]
    idle = [
        session for session in sessions if session.state == "idle" and (session.state_age_s or 0) >= limits["idle_s"]
    ]
    if len(idle) < limits["connections"] or len(idle) < limits["idle_ratio"] * len(sessions):
        return
    used = math.ceil((len(sessions) - len(idle)) / len(situation.worker_holders))
    pool_size = max(2, used)
    peak = situation.application.per_worker
    overflow = f", max_overflow={peak - pool_size}" if peak is not None and peak > pool_size else ""
    yield Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"{len(idle)} of the workers' {len(sessions)} connections have been idle for over {duration(limits['idle_s'])}: the "
        "pools keep more than the load needs. A smaller pool_size with the difference as overflow has the same peak.",
        location=situation.here,
        evidence=(
            Evidence(label="idle", value=len(idle), unit="connections", source="pg_stat_activity, now - state_change"),
            Evidence(
                label="held", value=len(sessions), unit="connections", source="pg_stat_activity joined with sockets"
            ),
        ),
        remedy=f"create_async_engine(url, pool_size={pool_size}{overflow})",
    )
