"""Workers do not accept requests although their connections are idle: the event loop is blocked.

Why:
    A synchronous engine, time.sleep() or a busy loop inside `async def` stops everything in the
    worker. Requests pile up before they are accepted, and the database waits for work.

Measures (requests):
    Connections the kernel completed on the workers' listening port and nobody accepted (the accept
    queue) for a second or longer, and requests that have lain unread in accepted sockets for as long: together
    at least `queued_requests`, while the workers that share the port have at most one active session each.
    Where the kernel does not tell how long, the accept queue alone, at low confidence.

Wrong when:
    The worker is only slow to accept under a burst, or does not read a large upload. Looked at: a loop that runs
    accepts and reads within a second, and a worker that waits for the database has active sessions.

Source:
    Seen on Linux: Recv-Q of a listening socket in /proc/net/tcp counts connections not yet
    accepted; 8 while a synchronous engine blocked the loop of a uvicorn worker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_sessions, unseen_workers
from forge_doctor.pool.wording import count


@check(severity=Severity.ERROR, limits={"queued_requests": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each port."""
    yield from unseen_sessions(situation)
    yield from unseen_workers(situation)
    for (place, port), holders in _by_port(situation).items():
        queued = max(
            one.accept_queue if one.stalled is None else one.stalled
            for holder in holders
            if holder.process
            for one in holder.process.listen
            if one.port == port
        )
        unread = sum(holder.process.requests_unread for holder in holders if holder.process)
        active = sum(len(holder.in_state("active")) for holder in holders)
        if queued + unread < limits["queued_requests"] or active > len(holders):
            continue
        first = holders[0].process
        yield Finding(
            severity=Severity.ERROR,
            confidence=Confidence.MEDIUM if _told(holders, port) else Confidence.LOW,
            message=f"{_waiting(queued, unread)} on port {port}{place} while "
            f"{', '.join(holder.name for holder in holders)} {'runs' if len(holders) == 1 else 'run'} {active} statements: an event "
            "loop is blocked. It is not the database.",
            location=situation.here,
            evidence=(
                Evidence(label="not accepted", value=queued, unit="requests", source=f"accept queue of port {port}"),
                Evidence(label="not read", value=unread, unit="requests", source="accepted sockets of the workers"),
                Evidence(label="active", value=active, unit="sessions", source="pg_stat_activity"),
            ),
            remedy=f"py-spy dump --pid {first.pid if first else ''}   # names the line that blocks; then use asyncpg, or "
            "asyncio.to_thread() for what is synchronous",
            sessions=tuple(one.pid for holder in holders for one in holder.sessions),
        )


def _told(holders: list[Holder], port: int) -> bool:
    """Whether the kernel tells how long the connections have waited."""
    listeners = [one for holder in holders if holder.process for one in holder.process.listen if one.port == port]
    return any(one.stalled is not None for one in listeners)


def _waiting(queued: int, unread: int) -> str:
    told = [f"{count(queued, 'request waits', 'requests wait')} to be accepted"] if queued or not unread else []
    told += [f"{count(unread, 'accepted request lies', 'accepted requests lie')} unread"] if unread else []
    return " and ".join(told)


def _by_port(situation: Situation) -> dict[tuple[str, int], list[Holder]]:
    """The workers that accept on each port; containers have ports of their own."""
    ports: defaultdict[tuple[str, int], list[Holder]] = defaultdict(list)
    for holder in situation.worker_holders:
        if holder.process is None:
            continue
        place = f" of {holder.process.container}" if holder.process.container else ""
        for port in {socket.port for socket in holder.process.listen}:
            ports[place, port].append(holder)
    return dict(ports)
