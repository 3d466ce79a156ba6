"""A worker has opened every connection its pool allows.

Why:
    The next request in that worker waits for a connection, for pool_timeout seconds (30 by
    default), then fails with "QueuePool limit of size ... reached", whatever the server has free.

Measures (connections):
    Sessions of one worker in one database that are just pool_size + max_overflow. Info where these are
    assumed; more than that is `several-engines`'.

Wrong when:
    The pool is full and free: nobody has checked its connections out. Ruled out where all were returned (their
    last statement is the pool's ROLLBACK), and where the worker has not loaded SQLAlchemy.

Source:
    SQLAlchemy documentation, "Connection Pooling", QueuePool.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder, uses_sqlalchemy, was_returned
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import duration
from forge_doctor.probes.postgres.backends.session import Session


@check(severity=Severity.ERROR)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker and pool at its limit."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for holder in situation.worker_holders:
        most = situation.application_of(holder).per_worker
        for _, sessions in holder.pools() if uses_sqlalchemy(holder.process) else ():
            if len(sessions) == most and not all(was_returned(one) for one in sessions):
                yield _finding(situation, holder, sessions, most)


def _finding(situation: Situation, holder: Holder, sessions: tuple[Session, ...], most: int) -> Finding:
    application = situation.application_of(holder)
    in_transaction = sum(1 for session in sessions if session.idle_in_transaction)
    active = sum(1 for session in sessions if session.state == "active")
    oldest = max((session.xact_age_s or 0 for session in sessions), default=0)
    open_for = f", the oldest transaction open for {duration(oldest)}" if oldest else ""
    return Finding(
        severity=Severity.INFO if application.sizes_assumed else Severity.ERROR,
        confidence=application.sizes_confidence,
        message=f"{holder.name} holds {len(sessions)} of the {most} connections its pool allows: {active} active, "
        f"{in_transaction} idle in transaction{open_for}. Its next request waits in the pool.",
        location=situation.here,
        evidence=(
            Evidence(
                label="held", value=len(sessions), unit="connections", source="pg_stat_activity joined with its sockets"
            ),
            Evidence(
                label="pool_size",
                value=application.pool_size.value,
                unit="connections",
                source=application.pool_size.said,
            ),
            Evidence(
                label="max_overflow",
                value=application.max_overflow.value,
                unit="connections",
                source=application.max_overflow.said,
            ),
        ),
        remedy=_remedy(active, in_transaction, len(sessions)),
        sessions=tuple(one.pid for one in sessions),
    )


def _remedy(active: int, in_transaction: int, held: int) -> str:
    if in_transaction * 2 >= held:
        return "Shorten the transactions (see idle-in-transaction and leaked-transactions); a larger pool fills up as well."
    if active * 2 >= held:
        return "Statements keep them busy: see long-statement and blocking-session before enlarging the pool."
    return "Its connections are idle yet none was returned: see forgotten-connections."
