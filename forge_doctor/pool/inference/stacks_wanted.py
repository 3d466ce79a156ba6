"""Which processes' stacks a finding will need: workers whose loop seems to stand still, holders of sessions that wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forge_doctor.dataclass import replace
from forge_doctor.pool.inference.accept_queues import accept_queues
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.application.call_stacks import Wanted
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import Process, Role

# The least that checks make a finding of: requests not read, seconds idle in transaction, seconds somebody is blocked.
UNREAD_REQUESTS = 3
IDLE_S = 3.0
BLOCKED_S = 2.0
MOST_PROCESSES = 8


def stacks_wanted(snapshot: PoolSnapshot) -> tuple[Wanted, ...]:
    """None in a healthy service; those with the most such sessions first."""
    processes = {process.pid: process for process in snapshot.processes or ()}
    holders = Counter(_holders(snapshot))
    queues = accept_queues(processes.values())
    blocked = {worker.pid for one in queues if one.queued + one.unread >= UNREAD_REQUESTS for worker in one.workers}
    blocked |= {pid for pid, held in holders.items() if _may_stand_still(processes[pid], held)}
    found = {pid: _wanted(processes[pid]) for pid in (*sorted(blocked), *(pid for pid, _ in holders.most_common()))}
    return tuple(
        replace(one, blocked=pid in blocked, sessions=pid in holders)
        for pid, one in list(found.items())[:MOST_PROCESSES]
    )


def _holders(snapshot: PoolSnapshot) -> Iterator[int]:
    owners = {
        (socket.local.address, socket.local.port): process
        for process in snapshot.processes or ()
        for socket in process.database_sockets
    }
    blockers = {
        pid
        for one in snapshot.sessions
        if (one.lock_wait_s or one.query_age_s or 0) >= BLOCKED_S
        for pid in one.blocked_by
    }
    for session in snapshot.sessions:
        process = owners.get((session.client_addr or "", session.client_port or 0))
        if process is None or process.suspension is not None or process.name in POOLERS:
            continue
        if _waits(session) or session.pid in blockers:
            yield process.pid


def _may_stand_still(process: Process, held: int) -> bool:
    """Whether more requests are in flight than sessions wait, in a driver that may block the loop they run in."""
    return _wanted(process).threads_tell and process.role is Role.WORKER and process.requests_in_flight > held


def _waits(session: Session) -> bool:
    return session.idle_in_transaction and (session.state_age_s or 0) >= IDLE_S


def _wanted(process: Process) -> Wanted:
    package = process.application.partition(":")[0].partition(".")[0].strip()
    drivers = set(process.libraries or ()) & {"asyncpg", "psycopg", "psycopg2"}
    return Wanted(
        pid=process.pid, package=package, worker=process.role is Role.WORKER, threads_tell=drivers != {"asyncpg"}
    )
