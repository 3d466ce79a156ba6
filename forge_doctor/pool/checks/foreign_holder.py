"""Somebody else than the application's workers holds connections.

Why:
    A script, a migration, consoles left open, exporters, listeners or another service take slots the pools
    count on, and no pool setting helps against it.

Measures (connections):
    Sessions of clients that are no worker process found, those of one kind together (consoles, exporters, cron
    jobs, migrations, dumps, job runners, listeners): at least `connections` of them, or `used_ratio` of
    the usable slots. A warning where it is that share and `scarce_ratio` of all slots are taken. Asked
    only where workers were found.

Wrong when:
    It belongs there: a migration, a dump, a queue worker, another replica. Hence info while slots are left, and
    no command ends it; sessions with the workers' own role, database and application_name are taken for replicas.

Source:
    pg_stat_activity joined with the sockets of this host's processes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.purposes import purpose
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server, unseen_workers
from forge_doctor.pool.wording import count, duration
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.INFO, limits={"connections": 3, "used_ratio": 0.2, "scarce_ratio": 0.7})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each kind of client, and for each of no kind."""
    yield from unseen_server(situation)
    yield from unseen_workers(situation)
    if situation.usable is None or not situation.workers:
        return
    slots = max(1, situation.usable.slots)
    scarce = len(situation.sessions) >= limits["scarce_ratio"] * slots
    for kind, holders in _kinds(situation).items():
        held = sum(holder.connections for holder in holders)
        if held >= limits["connections"] or held / slots >= limits["used_ratio"]:
            yield _finding(situation, kind, holders, large=scarce and held / slots >= limits["used_ratio"])


def _kinds(situation: Situation) -> dict[str, list[Holder]]:
    """By what they are for; a client of which nothing is known stands alone, under its own name."""
    kinds: defaultdict[str, list[Holder]] = defaultdict(list)
    for holder in situation.holders:
        foreign = not (holder.is_worker or any(situation.is_application(session) for session in holder.sessions))
        if foreign and holder.connections:
            kinds[purpose(holder) or holder.name].append(holder)
    return dict(kinds)


def _finding(situation: Situation, kind: str, holders: list[Holder], *, large: bool) -> Finding:
    sessions = [session for holder in holders for session in holder.sessions]
    held = sum(holder.connections for holder in holders)
    known = all(holder.process is not None for holder in holders)
    ages = [session.backend_age_s for session in sessions if session.backend_age_s is not None]
    oldest = f", the oldest for {duration(max(ages))}" if ages else ""
    idle = sum(session.state == "idle" for session in sessions)
    roles = {session.user for session in sessions}
    role = roles.pop() if len(roles) == 1 else ""
    one = len(holders) == 1 and kind == holders[0].name
    who = f"{kind}, no worker of the application, holds" if one else f"{kind} ({_named(holders)}) hold"
    return Finding(
        severity=Severity.WARNING if large else Severity.INFO,
        confidence=Confidence.HIGH if known else Confidence.MEDIUM,
        message=f"{who} {count(held, 'connection')} ({idle} idle){oldest}. "
        f"{'Its' if one else 'Their'} connections come out of the same slots.",
        location=situation.here,
        evidence=(
            Evidence(
                label="held",
                value=held,
                unit="connections",
                source="pg_stat_activity joined with its sockets" if known else "pg_stat_activity",
            ),
            *situation.about(sessions[0]),
        ),
        remedy=f"ALTER ROLE {quote_identifier(role)} CONNECTION LIMIT {held};   "
        "-- so that it takes no more, if it shares the role with nobody"
        if large and role and role != situation.application_user
        else "",
        sessions=tuple(session.pid for session in sessions),
    )


def _named(holders: list[Holder]) -> str:
    names = [holder.name for holder in holders]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
