"""A dependency's query keeps the connection of its request while the endpoint waits.

Why:
    A dependency that asks the database (who is this user, which tenant is this) begins a transaction, and the session
    keeps its connection until the response is sent: FastAPI ends dependencies after the endpoint. An endpoint that
    awaits a model or another service holds a connection for as long, although it asks the database nothing.

Measures (requests):
    A worker with at least `sessions` sessions idle in transaction, the oldest for `idle_s` or longer, whose last
    statement only dependencies send, and at least as many requests in flight as sessions held, each come before its
    session began to idle. Error where more requests are in flight than it holds connections.

Wrong when:
    Another line sends the same statement, and it is that one. Looked at: every line of the source that may send it; all
    must be of functions that are given to Depends(), or that these alone call. What the source does not show (a library
    that asks) is not known; hence medium confidence.

Source:
    FastAPI documentation, "Dependencies with yield" (the code after the yield runs after the response); SQLAlchemy
    documentation, "Session Basics", "When do I construct a Session, when do I commit it, and when do I close it?".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import CodeContext, Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.circumstances import of_dependency
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import Workload, workloads
from forge_doctor.pool.snapshot import StatementLine
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.WARNING, limits={"sessions": 3, "idle_s": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each dependency and pool of each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for load in workloads(situation):
        if not load.held_by_requests() or load.waits_for_itself(limits["idle_s"]):
            continue
        for line, sessions in _by_dependency(situation, load).items():
            oldest_s = max(one.state_age_s or 0 for one in sessions)
            if len(sessions) >= limits["sessions"] and oldest_s >= limits["idle_s"]:
                yield _finding(situation, load, line, tuple(sessions))


def _by_dependency(situation: Situation, load: Workload) -> dict[tuple[str, int, str], list[Session]]:
    found: defaultdict[tuple[str, int, str], list[Session]] = defaultdict(list)
    for session in load.idle:
        line = of_dependency(situation, session)
        if line is not None:
            found[_place(line)].append(session)
    return found


def _place(line: StatementLine) -> tuple[str, int, str]:
    return line.file, line.line, line.function


def _finding(
    situation: Situation, load: Workload, place: tuple[str, int, str], sessions: tuple[Session, ...]
) -> Finding:
    file, number, function = place
    requests = load.requests or 0
    waiting = requests - len(load.sessions) if not load.active else 0
    oldest = max(sessions, key=lambda one: one.state_age_s or 0)
    more = f" About {count(waiting, 'more waits', 'more wait')} for a connection." if waiting > 0 else ""
    return Finding(
        severity=Severity.ERROR if waiting > 0 else Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{load.name} holds {len(sessions)} connections idle in transaction, for up to "
        f"{duration(oldest.state_age_s)}, since the query of a dependency: {function} ({file}:{number}) asks the database, and "
        f"the request keeps the connection while its endpoint waits for something else. "
        f"{count(requests, 'request is', 'requests are')} in flight.{more}",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="requests in flight", value=requests, unit="requests", source="its accepted sockets"),
            Evidence(label="after its query", value=len(sessions), unit="sessions", source=f"pids {pids(sessions)}"),
            *situation.about(oldest),
        ),
        remedy=f"async with Session() as session: ...   # in {function}, round its query alone: a session of its own, given back at once\n"
        "or there: await session.commit() after the query (with expire_on_commit=False what it loaded stays readable).\n"
        "Not pg_terminate_backend: these requests would fail.",
        sessions=tuple(one.pid for one in sessions),
        code=CodeContext(function=function, line=number, does=("queries", "holds")),
    )
