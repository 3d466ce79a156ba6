"""Code does something slow while its transaction is open.

Why:
    A call to another service between two statements keeps the connection and its locks for the
    length of the call: the pool empties although the database has nothing to do.

Measures (s):
    At least `sessions` sessions idle in transaction with the same last statement, idle for `idle_s`
    or longer but none as long as `leak_s`: they come and go, unlike leaked ones. However long, where the source
    shows that every line that may have sent the statement ends its session (`with`, `finally`, a dependency).

Wrong when:
    One look catches a moment between two quick statements: ages below `idle_s` are not counted, and most
    sessions on that statement must be older. A leak that has just begun looks alike: past `leak_s` it is told as one.

Source:
    SQLAlchemy documentation, "Session Basics": begin late, commit before calling out; HikariCP
    wiki, "About Pool Sizing" (hold time, not query time, sizes a pool).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.circumstances import in_background, is_ended
from forge_doctor.pool.inference.repeated_statements import same_statement
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import workloads
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import duration, held_by, pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.WARNING, limits={"sessions": 3, "idle_s": 0.3, "leak_s": 10})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement after which the code dawdles."""
    yield from unseen_sessions(situation)
    for group in same_statement(situation):
        most_s = inf if is_ended(situation, group) else limits["leak_s"]
        slow = tuple(one for one in group if limits["idle_s"] <= (one.state_age_s or 0) < most_s)
        if len(slow) < limits["sessions"] or len(slow) <= len(group) / 2:
            continue
        slowest = max(slow, key=lambda session: session.state_age_s or 0)
        holders = held_by(situation.holder_of(session) for session in slow)
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"{len(slow)} sessions wait for application code with a transaction open, up to "
            f"{duration(slowest.state_age_s)} after the same statement ({holders}). {_why(situation, slow)}",
            location=situation.location(slowest),
            evidence=(
                Evidence(label="same last statement", value=len(slow), unit="sessions", source=f"pids {pids(slow)}"),
                Evidence(
                    label="longest", value=round(slowest.state_age_s or 0, 1), unit="s", source="now - state_change"
                ),
                *situation.about(slowest),
            ),
            remedy="session.commit()   # awaited, if it is an AsyncSession: before the call, and begin anew after it",
            sessions=tuple(one.pid for one in slow),
        )


def _why(situation: Situation, sessions: tuple[Session, ...]) -> str:
    """What holds them: a request's code, or something apart from requests, where none is in flight."""
    line = in_background(situation, sessions)
    apart = (
        "" if line is None else f" {line.function} ({line.file}:{line.line}) runs apart from requests: {line.starter}."
    )
    may_hold = {one.pid: load.may_hold for load in workloads(situation) for one in load.idle}
    if line is None and all(may_hold.get(one.pid) == 0 for one in sessions):
        or_sockets = ", or WebSockets that were pinged a moment ago do" if situation.may_be_pinged(sessions) else ""
        return (
            f"No request is in flight that came before them: a background task holds them{or_sockets}, or nobody will end "
            "them (look again in ten seconds)."
        )
    return f"A call to another service between two statements holds a connection for as long as it lasts.{apart}"
