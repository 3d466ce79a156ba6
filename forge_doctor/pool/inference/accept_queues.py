"""Requests that workers have not begun to read, by the port they came to; judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.workers import Process, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptQueue:
    """The workers that share a port (`place` names their container), and the requests they let wait.

    `aged` is whether the kernel tells how long those in the queue have waited.
    """

    place: str
    port: int
    workers: tuple[Process, ...]
    queued: int
    unread: int
    aged: bool


def accept_queues(processes: Iterable[Process]) -> tuple[AcceptQueue, ...]:
    """One for each port; containers have ports of their own. A process that is stopped reads nothing, whatever its loop does."""
    ports: defaultdict[tuple[str, int], list[Process]] = defaultdict(list)
    for process in processes:
        if process.role is Role.WORKER and process.suspension is None:
            place = f" of {process.container}" if process.container else ""
            for port in {socket.port for socket in process.listen}:
                ports[place, port].append(process)
    return tuple(_queue(place, port, tuple(workers)) for (place, port), workers in ports.items())


def _queue(place: str, port: int, workers: tuple[Process, ...]) -> AcceptQueue:
    listeners = [one for worker in workers for one in worker.listen if one.port == port]
    return AcceptQueue(
        place=place,
        port=port,
        workers=workers,
        queued=max(one.accept_queue if one.stalled is None else one.stalled for one in listeners),
        unread=sum(worker.requests_unread for worker in workers),
        aged=any(one.stalled is not None for one in listeners),
    )
