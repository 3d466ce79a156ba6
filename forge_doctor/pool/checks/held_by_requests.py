"""Open requests hold a worker's connections: streams, or calls to something slow.

Why:
    A dependency that yields a session keeps it, and its connection, until the response has been sent to
    the end: for a stream or a WebSocket that is as long as the client stays. A request that awaits a slow
    service with a transaction open does the same. Nothing is leaked; the pool is empty all the same.

Measures (requests):
    A worker with at least `sessions` sessions idle in transaction, or given out by asyncpg's pool and not
    reset since, the oldest for `idle_s` or longer, and
    at least as many requests in flight, streams included, as sessions held, each come before its session
    began to idle. Error where more requests
    are in flight than it holds connections: those wait in the pool.

Wrong when:
    The connections are leaked and as many other requests happen to be in flight, waiting for one. Ruled out where the
    kernel tells when a request came: one that came after a session began to idle does not hold it. Of a later
    request on a connection kept alive, and of a WebSocket, that is not known; hence medium
    confidence, high where streams alone account for them.

Source:
    Seen with FastAPI 0.165 and SQLAlchemy 2.1: 15 event streams hold 15 connections through
    Depends(get_db). FastAPI documentation, "Dependencies with yield"; SQLAlchemy documentation, "Session Basics".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import uses_sqlalchemy
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.workloads import Workload, workloads
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import count, duration, pids

COMMIT = "await session.commit()   # before the call that is awaited, and begin anew after it"
END = "End the transaction before the call that is awaited, and begin another after it."
RELEASE = "async with pool.acquire() as connection: ...   # round the statements alone: let go before the call that is awaited"


@check(severity=Severity.WARNING, limits={"sessions": 3, "idle_s": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool of each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for load in workloads(situation):
        enough = len(load.held) >= limits["sessions"] and load.oldest_s >= limits["idle_s"]
        if enough and load.held_by_requests() and not load.waits_for_itself(limits["idle_s"]):
            yield _finding(situation, load)


def _finding(situation: Situation, load: Workload) -> Finding:
    requests, held = load.requests or 0, len(load.held)
    waiting = requests - len(load.sessions) if not load.active else 0
    streams = load.streams * 2 >= held
    oldest = max(load.held, key=lambda one: one.state_age_s or 0)
    more = f" About {count(waiting, 'more waits', 'more wait')} for a connection." if waiting > 0 else ""
    by_what = "open streams or WebSockets" if streams else "a slow call they await"
    return Finding(
        severity=Severity.ERROR if waiting > 0 else Severity.WARNING,
        confidence=Confidence.HIGH if _spoken(load) >= held else Confidence.MEDIUM,
        message=f"{load.name} holds {held} connections {_how(load)}, for up to {duration(load.oldest_s)}, while "
        f"{requests} requests are in flight in it: they are held by open requests ({by_what}), not leaked.{more}",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="requests in flight", value=requests, unit="requests", source="its accepted sockets"),
            Evidence(label="of them streams", value=load.streams, unit="requests", source="its accepted sockets"),
            *_elsewhere(load),
            Evidence(label="held", value=held, unit="sessions", source=f"pids {pids(load.held)}"),
            *situation.about(oldest),
        ),
        remedy=(
            "Read what the stream needs, then end the session before the response begins: await session.close() in the endpoint,\n"
            "or a session of the endpoint's own instead of Depends(get_db), which lasts as long as the response does."
            if streams
            else RELEASE
            if not load.idle
            else COMMIT
            if uses_sqlalchemy(load.holder.process)
            else END
        )
        + "\nNot pg_terminate_backend: these requests would fail.",
        sessions=tuple(one.pid for one in load.held),
    )


def _elsewhere(load: Workload) -> Iterator[Evidence]:
    if load.elsewhere:
        where = "its outgoing sockets" if load.at_pool is None else "its outgoing sockets and its tasks"
        yield Evidence(label="wait for something else", value=load.elsewhere, unit="of them", source=where)


def _how(load: Workload) -> str:
    if len(load.idle) == len(load.held):
        return "idle in transaction"
    return (
        "idle and not returned to their pool" if not load.idle else "idle, in transaction or not returned to their pool"
    )


def _spoken(load: Workload) -> int:
    """Streams that are heard: a quiet connection may be one that is only kept alive for long."""
    return sum(one.streams_open for one in load.workers)
