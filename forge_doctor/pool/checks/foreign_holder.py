"""Somebody else than the application's workers holds connections.

Why:
    A script, a migration, a console left open or another service takes slots the pools count on,
    and no pool setting helps against it.

Measures (connections):
    Sessions of one client that is no worker process found: at least `connections` of them, or
    `used_ratio` of the usable slots (then a warning). Asked only where workers were found.

Wrong when:
    It belongs there: a migration, a dump, a queue worker. It is told as info and no command ends it; the
    finding names who it is, so that whoever knows it can say.

Source:
    pg_stat_activity joined with the sockets of this host's processes.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server, unseen_workers
from forge_doctor.pool.wording import count, duration
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.INFO, limits={"connections": 3, "used_ratio": 0.2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each such client."""
    yield from unseen_server(situation)
    yield from unseen_workers(situation)
    if situation.usable is None or not situation.workers:
        return
    for holder in situation.holders:
        if any(situation.is_application(session) for session in holder.sessions) or holder.is_worker:
            continue
        share = holder.connections / max(1, situation.usable.slots)
        if holder.connections >= limits["connections"] or share >= limits["used_ratio"]:
            yield _finding(situation, holder, share >= limits["used_ratio"])


def _finding(situation: Situation, holder: Holder, large: bool) -> Finding:
    known = holder.process is not None
    oldest = max((session.backend_age_s or 0 for session in holder.sessions), default=0)
    idle = len(holder.in_state("idle"))
    role = holder.sessions[0].user if holder.sessions else ""
    return Finding(
        severity=Severity.WARNING if large else Severity.INFO,
        confidence=Confidence.HIGH if known else Confidence.MEDIUM,
        message=f"{holder.name}, no worker of the application, holds {count(holder.connections, 'connection')} ({idle} idle), "
        f"the oldest for {duration(oldest)}. Its connections come out of the same slots.",
        location=situation.here,
        evidence=(
            Evidence(
                label="held",
                value=holder.connections,
                unit="connections",
                source="pg_stat_activity joined with its sockets" if known else "pg_stat_activity",
            ),
            *(situation.about(holder.sessions[0]) if holder.sessions else ()),
        ),
        remedy=f"ALTER ROLE {quote_identifier(role)} CONNECTION LIMIT {holder.connections};   "
        "-- so that it takes no more, if it shares the role with nobody"
        if large and role and role != situation.application_user
        else "",
        sessions=tuple(one.pid for one in holder.sessions),
    )
