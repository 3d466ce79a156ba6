"""A worker holds connections that were checked out and forgotten.

Why:
    A QueuePool closes its overflow when it is returned, so a worker with more than pool_size
    connections that all stay idle has not returned them: a connection or a session is kept
    somewhere after its last commit. PostgreSQL shows nothing but "idle".

Measures (s):
    Connections of one worker in one database that have been idle for `idle_s` or longer, beyond
    pool_size, where that is told and not assumed.

Wrong when:
    They were returned: to several engines, or to a pool that keeps its overflow. Ruled out: connections whose last
    statement is the ROLLBACK of a return do not count, a worker above its pool's limit has several engines (see
    several-engines), and one that has not loaded SQLAlchemy has another pool. After a COMMIT the confidence is medium.

Source:
    Seen with SQLAlchemy 2.1.9: three checked out of pool_size 2, max_overflow 1; two remain after
    their return. SQLAlchemy documentation, QueuePool.max_overflow.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import uses_sqlalchemy, was_returned
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration, pids
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.sql.commands import command_of


@check(severity=Severity.ERROR, limits={"idle_s": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker and pool."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for holder in situation.worker_holders:
        application = situation.application_of(holder)
        pool_size, most = application.pool_size, application.per_worker
        # What is kept on purpose cannot be told from what was forgotten where the size is assumed.
        told = uses_sqlalchemy(holder.process) and not pool_size.assumed and pool_size.value > 0
        for pool, sessions in holder.pools() if told else ():
            idle = [one for one in sessions if _kept(one) and (one.state_age_s or 0) >= limits["idle_s"]]
            forgotten = len(idle) - pool_size.value
            if forgotten <= 0 or (most is not None and len(sessions) > most):
                continue
            oldest = max(one.state_age_s or 0 for one in idle)
            yield Finding(
                severity=Severity.ERROR,
                confidence=Confidence.MEDIUM if _may_be_returned(idle) else application.sizes_confidence,
                message=f"{holder.name} holds {len(idle)} idle connections ({pool}), {forgotten} more than the "
                f"{pool_size.value} its pool keeps, for up to {duration(oldest)}: at least {forgotten} were checked out and never "
                "returned. Each makes the pool smaller for good.",
                location=situation.here,
                evidence=(
                    Evidence(
                        label="idle", value=len(idle), unit="connections", source=f"pg_stat_activity, pids {pids(idle)}"
                    ),
                    Evidence(label="pool_size", value=pool_size.value, unit="connections", source=pool_size.said),
                    Evidence(label="longest idle", value=round(oldest, 1), unit="s", source="now - state_change"),
                    *situation.about(max(idle, key=lambda one: one.state_age_s or 0)),
                ),
                remedy="async with Session() as session: ...   # or close in finally; look for sessions kept in globals, "
                "tasks and generators\nRestart the worker to get them back.",
                sessions=tuple(one.pid for one in idle),
            )


def _kept(session: Session) -> bool:
    """Idle, and not after the ROLLBACK a pool sends when a connection comes back to it."""
    return session.state == "idle" and not was_returned(session)


def _may_be_returned(sessions: list[Session]) -> bool:
    """Whether some stopped at a COMMIT, after which a connection may have been returned as well."""
    return any(command_of(one.statement) == "COMMIT" for one in sessions)
