"""The pool is too small for the work, and the server has room.

Why:
    Requests queue for a connection inside the worker while the database could do more: it looks
    like a slow database and is none.

Measures (connections):
    A worker that has opened all its pool allows, every one of them active and none waiting for a
    lock, with at least `waiting_requests` more client connections open on its port than it has connections,
    while less than `used_ratio` of the server's slots are taken. Medium confidence where the kernel
    does not tell idle keep-alive connections from requests.

Wrong when:
    The requests do not need the database, or idle keep-alive connections are counted: where the kernel tells the
    two apart only requests count, else the confidence is medium.

Source:
    SQLAlchemy documentation, QueuePool; sockets of the worker's listening port.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers


@check(severity=Severity.WARNING, limits={"waiting_requests": 3, "used_ratio": 0.7})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each worker."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    usable = situation.usable
    if usable is None or len(situation.sessions) >= limits["used_ratio"] * usable.slots:
        return
    for holder in situation.worker_holders:
        application = situation.application_of(holder)
        most = application.per_worker
        waiting = _requests(holder) - holder.connections
        if (
            most is not None
            and holder.connections >= most
            and waiting >= limits["waiting_requests"]
            and _all_busy(holder)
        ):
            yield Finding(
                severity=Severity.WARNING,
                confidence=Confidence.HIGH if _exact(holder) else Confidence.MEDIUM,
                message=f"{holder.name} has {_requests(holder)} requests in flight and only {holder.connections} connections, all "
                f"busy: about {waiting} requests wait in the pool, while the server has {usable.slots - len(situation.sessions)} "
                "slots free. It is not the database.",
                location=situation.here,
                evidence=(
                    Evidence(
                        label="requests in flight",
                        value=_requests(holder),
                        unit="requests",
                        source="its accepted sockets",
                    ),
                    Evidence(label="active", value=holder.connections, unit="connections", source="pg_stat_activity"),
                    Evidence(
                        label="pool limit",
                        value=most,
                        unit="connections",
                        source=application.pool_size.said,
                    ),
                ),
                remedy="Raise pool_size within the budget of the sizing table, or make the statements shorter.",
                sessions=tuple(one.pid for one in holder.sessions),
            )


def _requests(holder: Holder) -> int:
    return holder.process.requests_in_flight if holder.process else 0


def _exact(holder: Holder) -> bool:
    return holder.process is not None and holder.process.requests_exact


def _all_busy(holder: Holder) -> bool:
    """Of sessions that are hidden from the role nothing is known, and none is matched to its worker."""
    return bool(holder.sessions) and all(one.state == "active" and not one.blocked_by for one in holder.sessions)
