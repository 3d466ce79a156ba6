"""A worker keeps many idle connections that no pool of SQLAlchemy's bounds.

Why:
    A connection for each thread or each request, kept open after it (Django's CONN_MAX_AGE under ASGI, a
    connection in a global or a thread-local), is bounded by nothing: each request may add one, and the
    slots of the server end before anybody looks at them.

Measures (connections):
    Idle connections outside any transaction of one worker that has not loaded SQLAlchemy, idle for `idle_s` or
    longer, not returned to a pool (their last statement is no ROLLBACK or reset), listeners left out:
    at least `connections` of them and `used_ratio` of the usable slots.

Wrong when:
    They are a pool of a fixed size whose connections show no sign of their return. Looked at: whether more requests
    are in flight than would hold them; the libraries the worker has loaded; hence medium confidence.

Source:
    Django documentation, "Persistent connections" (to be disabled under ASGI); django ticket 33497.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, is_listener, uses_sqlalchemy, was_returned
from forge_doctor.pool.inference.requests import counted_requests
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration, pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.WARNING, limits={"connections": 10, "idle_s": 5, "used_ratio": 0.2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    slots = situation.usable.slots if situation.usable else 0
    for holder in situation.worker_holders:
        kept = tuple(one for one in holder.sessions if _kept(one) and (one.state_age_s or 0) >= limits["idle_s"])
        enough = len(kept) >= limits["connections"] and len(kept) >= limits["used_ratio"] * slots
        if enough and not uses_sqlalchemy(holder.process) and (counted_requests(holder.process) or 0) < len(kept):
            yield _finding(situation, holder, kept, slots)


def _kept(session: Session) -> bool:
    return session.state == "idle" and not was_returned(session) and not is_listener(session)


def _finding(situation: Situation, holder: Holder, kept: tuple[Session, ...], slots: int) -> Finding:
    ages = sorted(one.backend_age_s or 0 for one in kept)
    longest = max(kept, key=lambda one: one.state_age_s or 0)
    libraries = ", ".join((holder.process.libraries if holder.process else None) or ())
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{holder.name} keeps {len(kept)} idle connections, opened {duration(ages[0])} to {duration(ages[-1])} ago, of "
        f"{slots} usable slots: no pool bounds them. Each thread or request that keeps one adds to them.",
        location=situation.here,
        evidence=(
            Evidence(label="idle", value=len(kept), unit="connections", source=f"pids {pids(kept)}"),
            Evidence(label="loaded", value=libraries, source="/proc/PID/maps"),
            Evidence(label="requests in flight", value=counted_requests(holder.process), source="its accepted sockets"),
            *situation.about(longest),
        ),
        remedy='CONN_MAX_AGE = 0   # Django under ASGI; or its pool: OPTIONS = {"pool": {"max_size": 10}}\n'
        "A pool with a maximum (asyncpg.create_pool, psycopg_pool) for what opens a connection in each thread or request.",
        sessions=tuple(one.pid for one in kept),
    )
