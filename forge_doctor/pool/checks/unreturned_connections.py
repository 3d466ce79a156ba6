"""A worker has taken connections from a pool and not given them back, outside any transaction.

Why:
    `pool.acquire()` and `pool.getconn()` without a `release()` on every path lose a connection each time. PostgreSQL shows
    only "idle"; when the pool has given out its last one, every further request waits.

Measures (s):
    Connections of one worker in one database, idle outside a transaction after a statement for `idle_s` or longer, that
    no pool sent its reset or ROLLBACK to; at least 3 of them (with SQLAlchemy loaded, more than pool_size) were opened
    one after another, each when those before it lay idle already: a pool that had them would have given out one of
    them. Error where requests are in flight and nothing runs.

Wrong when:
    Each lies in a pool of its own (an engine for each request, with autocommit), or in a thread's own variable: said in the
    message. A pool that renews its connections one by one (pool_recycle, after a restart of the server) opens them
    one after another as well, but no more than its size. A burst opens many within a moment, whose lives overlap. Hence
    medium confidence.

Source:
    asyncpg documentation, Pool.acquire() and Pool.release(); psycopg_pool documentation, getconn() ("must be returned").
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.idle_spans import apart, unreturned
from forge_doctor.pool.inference.requests import counted_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.session import Session

ASYNCPG = "async with pool.acquire() as connection: ...   # gives it back on every path, also when it raises"
PSYCOPG = "async with pool.connection() as connection: ...   # gives it back on every path, also when it raises"

DJANGO = (
    "CONN_MAX_AGE = 0   # of Django under ASGI, whose threads end with their request and leave such connections; or OPTIONS = "
    '{"pool": True}'
)


@check(severity=Severity.WARNING, limits={"idle_s": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool of each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for holder, kept in unreturned(situation):
        if max(one.state_age_s or 0 for one in kept) >= limits["idle_s"]:
            yield _finding(situation, holder, kept)


def _finding(situation: Situation, holder: Holder, kept: tuple[Session, ...]) -> Finding:
    ages = sorted(one.state_age_s or 0 for one in kept)
    oldest = max(kept, key=lambda one: one.state_age_s or 0)
    requests = counted_requests(holder.process) or 0
    wait = requests > 0 and not holder.in_state("active")
    waiting = f" {count(requests, 'request is', 'requests are')} in flight, and nothing runs." if wait else ""
    libraries = (holder.process.libraries if holder.process else None) or ()
    return Finding(
        severity=Severity.ERROR if wait else Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{holder.name} holds {len(kept)} idle connections that it does not use again, for {duration(ages[0])} to "
        f"{duration(ages[-1])}: {len(apart(kept))} were opened one after another although those before lay idle, so no pool had "
        f"them to give out. They were taken and not given back, or each is in a pool of its own.{waiting}",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="idle", value=len(kept), unit="connections", source=f"pids {pids(kept)}"),
            Evidence(label="loaded", value=", ".join(libraries), source="/proc/PID/maps"),
            Evidence(label="requests in flight", value=requests, unit="requests", source="its accepted sockets"),
            *situation.about(oldest),
        ),
        remedy=ASYNCPG if "asyncpg" in libraries else f"{PSYCOPG}\n{DJANGO}",
        sessions=tuple(one.pid for one in kept),
    )
