"""Recognises a pgbouncer between the application and the server, and reads its console; changes nothing in it."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.errors import CannotInspect
from forge_doctor.pool.snapshot import Bouncer
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.processes.workers import Process

POOLER = "pgbouncer"
# How pgbouncer turns away a role that is in neither admin_users nor stats_users (seen with 1.18).
REFUSAL = "not allowed"


async def find_bouncer(
    target: Target,
    told: Target | None,
    *,
    seen: tuple[str | None, int | None],
    processes: Sequence[Process],
    connect_timeout_s: float,
) -> Bouncer | None:
    """The pgbouncer in between, None where there is none.

    It is looked for where the user names its console, where the server sees itself (`seen`: address,
    port) at another port than was dialled, and where a process called pgbouncer holds connections.
    """
    if told is not None:
        return await _read(told, connect_timeout_s)
    host = target.hosts[0]
    if not host.is_socket and seen[1] is not None and seen[1] != host.port:
        found = await _read(target, connect_timeout_s)
        if found.pools is not None or REFUSAL in found.why_not:
            return found  # else a published port
    if any(process.name == POOLER for process in processes):
        return Bouncer(why_not="it runs here, but not at the address of --dsn")
    return None


async def _read(target: Target, connect_timeout_s: float) -> Bouncer:
    from forge_doctor.pool.bouncer_rows import bouncer_of
    from forge_doctor.probes.postgres.pgbouncer import bouncer_console

    try:
        console = await bouncer_console(target, limit_s=connect_timeout_s)
    except CannotInspect as problem:
        return Bouncer(address=target.hosts[0].label, why_not=str(problem))
    return bouncer_of(console)
