"""Sessions are begun and never ended: the same statement, ages that only grow.

Why:
    Code that makes a session and neither closes nor commits it takes one connection each time it
    runs, until the pool or the server has none left.

Measures (s):
    At least `sessions` sessions idle in transaction whose last statement is the same and which have
    been idle for `idle_s` or longer, begun one after another. Sure from `sure_s` on, or where
    several looks (--duration) saw the same transactions stay open; else it may be slow code.

Source:
    Seen with SQLAlchemy 2.1.9 and asyncpg 0.32: a session from async_sessionmaker() that is never
    closed stays in "idle in transaction" after its first statement.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.repeated_statements import same_statement
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Session
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import duration, held_by, pids, terminate


@check(severity=Severity.ERROR, limits={"sessions": 3, "idle_s": 10, "sure_s": 120})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement that leaves sessions behind."""
    yield from unseen_sessions(situation)
    for group in same_statement(situation):
        old = tuple(session for session in group if (session.state_age_s or 0) >= limits["idle_s"])
        if len(old) >= limits["sessions"]:
            yield _finding(situation, old, limits)


def _finding(situation: Situation, sessions: tuple[Session, ...], limits: Limits) -> Finding:
    ages = sorted(session.state_age_s or 0 for session in sessions)
    oldest = max(sessions, key=lambda session: session.state_age_s or 0)
    looks = situation.snapshot.looks
    stayed = len(set(looks.persisting) & {session.pid for session in sessions}) if looks else 0
    sure = ages[-1] >= limits["sure_s"] or stayed >= limits["sessions"]
    holders = held_by(situation.holder_of(session) for session in sessions)
    doubt = (
        ""
        if sure
        else " If they end within the next half minute it is slow code instead: look again with --duration 30."
    )
    seen = (
        (
            Evidence(
                label="stayed open", value=stayed, unit="sessions", source=f"several looks in {looks.window_s:.0f} s"
            ),
        )
        if looks
        else ()
    )
    return Finding(
        severity=Severity.CRITICAL if sure else Severity.ERROR,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=f"{len(sessions)} sessions look leaked: all ran the same last statement, then went idle in transaction one "
        f"after another, {duration(ages[0])} to {duration(ages[-1])} ago ({holders}). "
        f"Code begins a session there and never ends it.{doubt}",
        location=situation.location(oldest),
        evidence=(
            Evidence(
                label="same last statement", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"
            ),
            Evidence(label="youngest", value=round(ages[0], 1), unit="s", source="now - state_change"),
            Evidence(label="oldest", value=round(ages[-1], 1), unit="s", source="now - state_change"),
            *seen,
            *situation.statement(oldest),
        ),
        remedy="async with Session() as session: ...   # in the code that runs it; a background task needs a session of its own\n"
        + terminate(
            sessions,
            f"state = 'idle in transaction' AND state_change < now() - interval '{int(limits['idle_s'])} seconds'",
        ),
    )
