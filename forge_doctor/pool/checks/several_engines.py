"""A worker holds more connections than one pool may: it has several engines.

Why:
    A QueuePool never opens more than pool_size + max_overflow. A worker with more has several of them: an
    engine for each tenant, each request or each module. Each keeps its own connections, and no pool setting
    bounds their sum.

Measures (connections):
    Sessions of one worker in one database as one role, above pool_size + max_overflow. Where these are assumed
    and not told, that the assumption is wrong is all there is to say: info; unless more idle ones than that were
    opened one after another, each while those before it lay idle: one pool would have given out one of them.

Wrong when:
    The numbers told are not the application's, or its pool is no SQLAlchemy pool (asyncpg.Pool, psycopg_pool,
    Django). Looked at: where the numbers come from, which libraries the worker has loaded, and when each connection was
    opened and last used: a pool that renews its connections one by one opens no more than its size.

Source:
    SQLAlchemy documentation, "Connection Pooling", QueuePool; "Engine Configuration": one engine a process.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, uses_sqlalchemy
from forge_doctor.pool.inference.idle_spans import apart, is_kept
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import pids
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.WARNING)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker and pool above the limit."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for holder in situation.worker_holders:
        most = situation.application_of(holder).per_worker
        for pool, sessions in holder.pools() if uses_sqlalchemy(holder.process) else ():
            if most is not None and len(sessions) > most:
                yield _finding(situation, holder, pool, sessions, most)


def _finding(situation: Situation, holder: Holder, pool: str, sessions: tuple[Session, ...], most: int) -> Finding:
    proven = len(apart(one for one in sessions if is_kept(one)))
    application = situation.application_of(holder)
    assumed = application.sizes_assumed and proven <= most
    idle = sum(one.state == "idle" for one in sessions)
    source = application.pool_size.said
    says = (
        f"more than the {most} of {source}: its pool is another one, or it has several engines"
        if assumed
        else f"and one pool may open {most} ({source}): it has several engines, one for each tenant or request"
    )
    if proven > most:
        says = (
            f"{proven} of which were opened one after another although those before lay idle: no pool does that, so that it has "
            f"at least {proven}, an engine made for each request or tenant"
        )
    return Finding(
        severity=Severity.INFO if assumed else Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{holder.name} holds {len(sessions)} connections as {pool}, {idle} of them idle, {says}.",
        location=situation.here,
        evidence=(
            Evidence(label="held", value=len(sessions), unit="connections", source=f"pids {pids(sessions)}"),
            Evidence(label="limit of one pool", value=most, unit="connections", source=source),
            *situation.about(sessions[0]),
        ),
        remedy=""
        if assumed
        else "One engine for the process, or an LRU of engines with pool_size=1 that calls await engine.dispose() on what it drops.",
        sessions=tuple(one.pid for one in sessions),
    )
