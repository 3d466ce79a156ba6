"""Clients vanished without closing their connections.

Why:
    Workers that were killed, or a network that drops idle connections: each time the server kept a
    session for a client that was gone, and open transactions were lost.

Measures (sessions):
    pg_stat_database.sessions_abandoned since the last reset (14+): at least `sessions`, and
    `ratio` of all sessions.

Wrong when:
    It was long ago: the counter runs since the last reset of the statistics, hence info.

Source:
    PostgreSQL documentation, pg_stat_database.sessions_abandoned.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server


@check(severity=Severity.INFO, limits={"sessions": 5, "ratio": 0.01})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the examined database; nothing before PostgreSQL 14, which does not count them."""
    yield from unseen_server(situation)
    counters = situation.server.counters if situation.server else None
    if counters is None or counters.sessions_abandoned is None or counters.sessions is None:
        return
    abandoned, sessions = counters.sessions_abandoned, max(1, counters.sessions)
    if abandoned < limits["sessions"] or abandoned < limits["ratio"] * sessions:
        return
    yield Finding(
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"{abandoned} of {sessions} sessions ended because their client vanished: killed workers, or a network that drops "
        "idle connections.",
        location=situation.here,
        evidence=(
            Evidence(label="abandoned", value=abandoned, unit="sessions", source="pg_stat_database, since reset"),
            Evidence(label="all", value=sessions, unit="sessions", source="pg_stat_database, since reset"),
        ),
        remedy="create_async_engine(url, pool_pre_ping=True, pool_recycle=1800)   # against idle connections that are dropped",
    )
