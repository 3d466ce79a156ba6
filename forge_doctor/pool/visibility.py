"""Says what a check could not see and what lets it; claims nothing about what is hidden."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.finding import NotRun
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.wording import count


def unseen_sessions(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge what sessions do."""
    server = situation.server
    if server is None:
        yield NotRun(
            reason="the server gave no connection, so its sessions could not be read",
            remedy="free one connection (see no-slot-left), then run this again",
        )
    elif situation.hidden:
        yield NotRun(
            reason=f"role {server.role} may not see what {len(situation.hidden)} of "
            f"{count(len(situation.sessions), 'session')} do",
            remedy=f'GRANT pg_monitor TO "{server.role}";',
        )


def unseen_server(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge limits, settings and counters."""
    if situation.server is None:
        yield from unseen_sessions(situation)


def unseen_workers(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge worker processes; nothing where the user asked not to look for any."""
    for blind_spot in situation.snapshot.blind_spots:
        yield NotRun(reason=blind_spot)
    if situation.snapshot.processes is None or situation.workers:
        return
    others = situation.snapshot.unmatched_servers
    yield NotRun(
        reason=f"{count(others, 'process', 'processes')} of application servers run here, none of them connected to this server"
        if others
        else "no worker process of an application server was found on this host",
        remedy="run this where the application runs, or pass --container NAME (or --no-scan to leave these checks out)",
    )


def unseen_bouncer(situation: Situation) -> Iterator[NotRun]:
    """For checks that judge a pgbouncer; nothing where there is none."""
    bouncer = situation.snapshot.bouncer
    if bouncer is not None and bouncer.pools is None:
        yield NotRun(
            reason=f"pgbouncer is in between, and its admin console could not be read: {bouncer.why_not}",
            remedy="list the role in stats_users of pgbouncer.ini, or pass --bouncer postgresql://stats@host:6432/pgbouncer",
        )
