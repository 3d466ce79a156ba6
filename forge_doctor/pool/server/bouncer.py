"""Recognises a pgbouncer between the application and the server, and reads its console; changes nothing in it."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.snapshot import Bouncer
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.processes.workers import Endpoint, ListenSocket, Process

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
    port) at another port than was dialled, and where a process called pgbouncer holds connections:
    there with the role and password of the server, which need not be known to it. Where they are not, the
    pgbouncer is known to be there and nothing else (`Bouncer()`).
    """
    # Which backend serves which client is asked only where a client is a process here.
    linked = any(one.pooler_sockets for one in processes)
    if told is not None:
        return await _read(told, connect_timeout_s, linked)
    host = target.hosts[0]
    if not host.is_socket and seen[1] is not None and seen[1] != host.port:
        found = await _read(target, connect_timeout_s, linked)
        if found.pools is not None or REFUSAL in found.why_not:
            return found  # else a published port
    running = [process for process in processes if process.name == POOLER and not process.container]
    for address in dict.fromkeys(_reachable(listener) for process in running for listener in process.listen):
        told_here = replace(target, hosts=(replace(host, name=address.address, port=address.port),))
        found = await _read(told_here, connect_timeout_s, linked)
        if found.pools is not None or REFUSAL in found.why_not:
            return found
    return Bouncer() if any(process.name == POOLER for process in processes) else None


def _reachable(listener: ListenSocket) -> Endpoint:
    """Where a client of this host reaches it."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, never bound
    return Endpoint(address=anywhere.get(listener.address, listener.address), port=listener.port)


async def _read(target: Target, connect_timeout_s: float, linked: bool) -> Bouncer:
    from forge_doctor.pool.server.bouncer_rows import bouncer_of
    from forge_doctor.probes.postgres.pgbouncer import bouncer_console

    try:
        console = await bouncer_console(target, limit_s=connect_timeout_s, connections=linked)
    except CannotInspect as problem:
        return Bouncer(address=target.hosts[0].label, why_not=str(problem))
    return bouncer_of(console)
