"""A worker holds connections that were checked out and forgotten.

Why:
    A QueuePool closes its overflow when it is returned, so a worker with more than pool_size
    connections that all stay idle has not returned them: a connection or a session is kept
    somewhere after its last commit. PostgreSQL shows nothing but "idle".

Measures (s):
    Connections of one worker in one database that have been idle for `idle_s` or longer, beyond
    pool_size.

Source:
    Seen with SQLAlchemy 2.1.9: three checked out of pool_size 2, max_overflow 1; two remain after
    their return. SQLAlchemy documentation, QueuePool.max_overflow.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration, pids


@check(severity=Severity.ERROR, limits={"idle_s": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker and pool."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    pool_size = situation.application.pool_size
    if pool_size.value == 0:
        return
    for holder in situation.worker_holders:
        for pool, sessions in holder.pools():
            idle = [one for one in sessions if one.state == "idle" and (one.state_age_s or 0) >= limits["idle_s"]]
            forgotten = len(idle) - pool_size.value
            if forgotten <= 0:
                continue
            if pool_size.assumed:
                yield NotRun(
                    reason=f"the pool's size is not known: {holder.name} holds {len(idle)} idle connections",
                    remedy="pass --app package.module:engine, or --pool-size and --max-overflow",
                )
                continue
            oldest = max(one.state_age_s or 0 for one in idle)
            yield Finding(
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                message=f"{holder.name} holds {len(idle)} idle connections ({pool}), {forgotten} more than the "
                f"{pool_size.value} its pool keeps, for up to {duration(oldest)}: at least {forgotten} were checked out and never "
                "returned. Each makes the pool smaller for good.",
                location=situation.here,
                evidence=(
                    Evidence(
                        label="idle", value=len(idle), unit="connections", source=f"pg_stat_activity, pids {pids(idle)}"
                    ),
                    Evidence(label="pool_size", value=pool_size.value, unit="connections", source=pool_size.source),
                    Evidence(label="longest idle", value=round(oldest, 1), unit="s", source="now - state_change"),
                    *situation.statement(max(idle, key=lambda one: one.state_age_s or 0)),
                ),
                remedy="async with Session() as session: ...   # or close in finally; look for sessions kept in globals, "
                "tasks and generators\nRestart the worker to get them back.",
            )
