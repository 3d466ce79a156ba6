"""Many active sessions wait for the same thing inside the server.

Why:
    When sessions queue for one internal lock or for the disk, more connections make it slower.

Measures (sessions):
    Active sessions by wait event, `sessions` or more on one; locks of the application (see
    blocking-session), waits for the client and deliberate sleeps are left out.

Wrong when:
    One look catches a crowd that is gone the next moment: hence info.

Source:
    PostgreSQL documentation, "Wait Event Types"; names change between versions, so the server's own
    words are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.sql.quoting import quote_literal

NOT_CONTENTION = (None, "Lock", "Client", "Activity", "Timeout", "Extension")


@check(severity=Severity.INFO, limits={"sessions": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each crowded wait event."""
    yield from unseen_sessions(situation)
    waits = Counter(
        f"{session.wait_event_type}: {session.wait_event}"
        for session in situation.sessions
        if session.state == "active" and session.wait_event_type not in NOT_CONTENTION
    )
    for event, number in sorted(waits.items()):
        if number >= limits["sessions"]:
            yield Finding(
                severity=Severity.INFO,
                confidence=Confidence.MEDIUM,
                message=f"{number} active sessions wait for {event}. More connections would only lengthen that queue.",
                location=situation.here,
                evidence=(Evidence(label=event, value=number, unit="sessions", source="pg_stat_activity.wait_event"),),
                remedy="SELECT description FROM pg_wait_events WHERE name = "
                f"{quote_literal(event.partition(': ')[2])};   -- 17+; before: the documentation's wait event tables",
            )
