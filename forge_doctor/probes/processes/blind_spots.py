"""Puts into words what a look at the processes could not see, and who could; keeps silent about nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from forge_doctor.finding import counted
from forge_doctor.probes.processes.identity import read_identity, running_as, user_name
from forge_doctor.probes.processes.network.socket_look import SocketLook
from forge_doctor.probes.processes.network.sockets import Socket
from forge_doctor.probes.processes.server_tree import Member
from forge_doctor.probes.processes.table import ProcessTable

if TYPE_CHECKING:
    from forge_doctor.probes.docker.containers import ContainerProcesses


def blind_spots(
    table: ProcessTable, look: SocketLook, servers: Mapping[int, Member], containers: Sequence[ContainerProcesses]
) -> tuple[str, ...]:
    """One sentence for each thing that stayed hidden."""
    return (
        *_of_the_system(table),
        *_unreadable_servers(look, servers),
        *_unowned(look.unowned, look.unreadable),
        *(text for each in containers for text in _of_a_container(each, look, servers)),
    )


def _of_the_system(table: ProcessTable) -> Iterator[str]:
    if table.hidden:
        yield "/proc is mounted with hidepid: only processes of our own are listed; run as root or as the application's user"
    if not table.from_proc:
        yield "this system has no /proc: accept queues and the sockets inside containers cannot be read"


def _unreadable_servers(look: SocketLook, servers: Mapping[int, Member]) -> Iterator[str]:
    hidden = [servers[pid] for pid in sorted(look.unreadable & servers.keys())]
    groups = Counter((read_identity(member.row.pid).user, member.name) for member in hidden)
    for (user, name), count in groups.items():
        owner = f" of user {user}" if user else ""
        what = f"{counted(count, 'process', 'processes')}{owner} ({name})"
        yield f"the sockets of {what} cannot be read by {running_as()}; {_run_as(user)}"


def _unowned(sockets: Iterable[Socket], unreadable: frozenset[int]) -> Iterator[str]:
    """Only where a process was closed to us: elsewhere the socket ended between two looks."""
    if not unreadable:
        return
    for uid, count in sorted(Counter(socket.uid for socket in sockets).items()):
        user = user_name(uid)
        connections = counted(count, "connection")
        yield f"{connections} to the database belong to processes of user {user} that cannot be looked into; {_run_as(user)}"


def _of_a_container(each: ContainerProcesses, look: SocketLook, servers: Mapping[int, Member]) -> Iterator[str]:
    name = each.container.name
    if each.table.rows and not each.local:
        yield f"container {name}: its processes are not this machine's, so their sockets cannot be read; run on its host"
    elif not any(pid in servers or pid in look.database or pid in look.unreadable for pid in each.local):
        yield f"container {name}: runs no application server known here, and holds no connection to the database"


def _run_as(user: str) -> str:
    return f"run as root or as {user}" if user and user != "root" else "run as root"
