"""One server connection is used by several processes: it was opened before they were forked.

Why:
    A child inherits the sockets of its parent. Two processes that speak on one connection read each
    other's answers: "another operation is in progress", lost synchronisation, rows of somebody else, and
    the first that closes it ends it for all.

Measures (processes):
    One socket (one inode of the kernel) that leads to the database, open in several processes.

Wrong when:
    A supervisor has only inherited it and never uses it. Looked at: how many workers share it; where only one
    process besides its parent does, it is a warning.

Source:
    SQLAlchemy documentation, "Using Connection Pools with Multiprocessing or os.fork()";
    benoitc/gunicorn#2895. Seen with gunicorn --preload: one session, five processes with its socket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.holders import process_name
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_workers
from forge_doctor.pool.wording import count
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.poolers import POOLERS
from forge_doctor.probes.processes.workers import DatabaseSocket, Process


@check(severity=Severity.ERROR)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each set of processes that share connections."""
    yield from unseen_workers(situation)
    shared: defaultdict[tuple[int, ...], list[DatabaseSocket]] = defaultdict(list)
    for socket, owners in _owners(situation).items():
        if len(owners) > 1:
            shared[tuple(sorted(owners))].append(socket)
    for pids, sockets in sorted(shared.items()):
        yield _finding(situation, pids, sockets)


def _owners(situation: Situation) -> dict[DatabaseSocket, set[int]]:
    owners: defaultdict[DatabaseSocket, set[int]] = defaultdict(set)
    for process in situation.snapshot.processes or ():
        # Poolers share a port on purpose, and pass their sockets on when they restart.
        for socket in process.database_sockets + process.pooler_sockets if process.name not in POOLERS else ():
            if socket.inode > 0:
                owners[socket].add(process.pid)
    return owners


def _finding(situation: Situation, pids: tuple[int, ...], sockets: list[DatabaseSocket]) -> Finding:
    processes = {one.pid: one for one in situation.snapshot.processes or ()}
    parents = {processes[pid].parent_pid for pid in pids}
    users = [pid for pid in pids if pid not in parents]
    ends = {(socket.local.address, socket.local.port) for socket in sockets}
    sessions = [one for one in situation.sessions if (one.client_addr, one.client_port) in ends]
    first = processes[users[0] if users else pids[0]]
    return Finding(
        severity=Severity.ERROR if len(users) > 1 else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{count(len(sockets), 'server connection')} {'is' if len(sockets) == 1 else 'are'} shared by {len(pids)} processes: the "
        f"same socket is open in pids {', '.join(map(str, pids))} ({_kind(first)}). It was opened before they were forked, and "
        "whoever speaks on it reads the others' answers.",
        location=situation.location(sessions[0]) if sessions else situation.here,
        evidence=(
            Evidence(label="shared sockets", value=len(sockets), unit="sockets", source="inodes in /proc/PID/fd"),
            Evidence(label="processes", value=len(pids), unit="processes", source="inodes in /proc/PID/fd"),
            *(_about(situation, sessions)),
        ),
        remedy="engine.dispose(close=False)   # in the child after the fork: gunicorn's post_fork, Celery's worker_process_init, "
        "os.register_at_fork\nOr connect after the fork: nothing that asks the database at import, no --preload.",
        sessions=tuple(one.pid for one in sessions),
    )


def _kind(process: Process) -> str:
    return process_name(process).partition("(")[2].rstrip(")")


def _about(situation: Situation, sessions: list[Session]) -> tuple[Evidence, ...]:
    return situation.about(sessions[0]) if sessions else ()
