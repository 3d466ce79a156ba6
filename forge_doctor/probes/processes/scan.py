"""Finds who holds connections to a database server: application servers first, then anybody; judges none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from forge_doctor.probes.processes.blind_spots import blind_spots
from forge_doctor.probes.processes.command_line import Kind
from forge_doctor.probes.processes.identity import read_identity
from forge_doctor.probes.processes.server_tree import Member, find_servers
from forge_doctor.probes.processes.socket_look import SocketLook, look_at_sockets
from forge_doctor.probes.processes.sockets import Namespace, Socket, arrived_at
from forge_doctor.probes.processes.table import (
    Environment,
    ProcessTable,
    TableRow,
    read_environment,
    read_process_table,
)
from forge_doctor.probes.processes.tcp_diagnosis import Diagnosis, diagnose
from forge_doctor.probes.processes.workers import DatabaseSocket, Endpoint, ListenSocket, Process, ProcessScan, Role

if TYPE_CHECKING:
    from forge_doctor.probes.docker.containers import ContainerProcesses


def find_processes(
    addresses: Collection[str],
    port: int,
    *,
    containers: Sequence[ContainerProcesses] = (),
    clients: Collection[Endpoint] = (),
    table: ProcessTable | None = None,
) -> ProcessScan:
    """The application servers connected to that database server, and whoever else holds connections to it.

    `addresses` are what the examiner dials (numbers, names, or a socket's directory: then any address
    of this host). `clients` are the ends the server reports, where it could be asked: they also prove
    connections through other addresses. `table` may be read earlier, while the connection is made.
    """
    table = table if table is not None else read_process_table()
    environment = _environments(containers)
    named = {pid: each.container.name for each in containers for pid in each.local}
    servers = dict(find_servers(table, environment))
    look = look_at_sockets(table, servers.keys(), named.keys(), addresses, port, clients)
    servers |= _self_served(table, look, servers)
    matched = {servers[pid].family for pid in servers if pid in look.database or pid in named}
    build = _Builder(look=look, named=named, environment=environment)
    processes = [build.server(each) for each in servers.values() if each.family in matched]
    processes += [build.other(table.rows[pid], servers) for pid in look.database if pid not in servers]
    for each in containers:
        processes += _elsewhere(each)
    return ProcessScan(
        processes=tuple(sorted(processes, key=lambda process: process.pid)),
        unmatched=tuple(build.server(each) for each in servers.values() if each.family not in matched),
        blind_spots=blind_spots(table, look, servers, containers),
    )


def _environments(containers: Sequence[ContainerProcesses]) -> Callable[[int], Environment]:
    """Each process's environment, read once; of a container's processes the engine knows it as well."""
    told = {pid: each.counts for each in containers for pid in each.local}

    @cache
    def environment(pid: int) -> Environment:
        own = read_environment(pid)
        return own if own.readable or pid not in told else Environment(counts=told[pid])

    return environment


def _self_served(table: ProcessTable, look: SocketLook, servers: Mapping[int, Member]) -> dict[int, Member]:
    """Python programs that serve by themselves (`uvicorn.run()` in main.py): connected, and listening."""
    found: dict[int, Member] = {}
    for pid in look.database:
        row = table.rows[pid]
        listens = any(socket.listening for socket in look.held[pid])
        if pid in servers or not listens or row.program.kind not in (Kind.PYTHON, Kind.SPAWNED):
            continue
        head = _head(row, table, look)
        if head is None or head.pid in servers:
            continue
        if head.pid != pid:
            found[head.pid] = _self_serving(head, Role.MASTER, head)
        found[pid] = _self_serving(row, Role.WORKER, head)
    return found


def _head(row: TableRow, table: ProcessTable, look: SocketLook) -> TableRow | None:
    """The process that was started: the parent of a forked or spawned child, else the process itself."""
    parent = table.rows.get(row.parent_pid)
    is_child = row.same_as_parent or row.program.kind is Kind.SPAWNED
    if is_child and parent is not None and parent.program.kind is Kind.PYTHON and parent.pid not in look.database:
        return parent
    return row if row.program.kind is Kind.PYTHON else None


def _self_serving(row: TableRow, role: Role, head: TableRow) -> Member:
    return Member(
        row=row,
        role=role,
        family=head.pid,
        name=head.program.name,
        server="python",
        application=head.program.application,
    )


class _Builder:
    """Turns what was seen of a process into what is told of it."""

    def __init__(
        self, *, look: SocketLook, named: Mapping[int, str], environment: Callable[[int], Environment]
    ) -> None:
        self._look = look
        self._named = named
        self._environment = environment
        self._asked: dict[str, Mapping[int, Diagnosis]] = {}

    def server(self, member: Member) -> Process:
        process = self._process(member.row, member.role, member.name)
        return replace(
            process,
            server=member.server,
            application=member.application,
            workers_flag=member.workers_flag,
            web_concurrency=self._environment(member.row.pid).counts.get("WEB_CONCURRENCY"),
        )

    def other(self, row: TableRow, servers: Mapping[int, Member]) -> Process:
        parent = servers.get(row.parent_pid)
        child = parent is not None and row.program.kind in (Kind.SPAWNED, Kind.SERVER)
        return self._process(row, Role.OTHER, f"child of {parent.name}" if parent and child else row.program.name)

    def _process(self, row: TableRow, role: Role, name: str) -> Process:
        identity = read_identity(row.pid)
        held = self._look.held.get(row.pid, ())
        listeners = [socket for socket in held if socket.listening]
        accepted = [socket for socket in held if any(arrived_at(socket, each.local) for each in listeners)]
        told = self._diagnoses(row.pid) if listeners else {}
        awaiting = [told.get(socket.inode, Diagnosis()).awaits_answer for socket in accepted]
        return Process(
            pid=row.pid,
            role=role,
            name=name or f"pid {row.pid}",
            user=identity.user,
            parent_pid=row.parent_pid,
            container=self._named.get(row.pid, identity.container_id[:12]),
            container_pid=identity.container_pid,
            age_s=row.age_s,
            database_sockets=tuple(
                DatabaseSocket(local=socket.local, remote=socket.remote)
                for socket in self._look.database.get(row.pid, ())
            ),
            listen=tuple(
                _listen(socket, self._look.spaces[row.pid], told.get(socket.inode, Diagnosis())) for socket in listeners
            ),
            requests_in_flight=sum(answer is not False for answer in awaiting),
            requests_exact=bool(told) and None not in awaiting,
        )

    def _diagnoses(self, pid: int) -> Mapping[int, Diagnosis]:
        """What the kernel tells of the sockets in the process's namespace, asked once for each."""
        space = self._look.spaces[pid]
        if space.name not in self._asked:
            self._asked[space.name] = diagnose(None if space.own else pid) if space.name else {}
        return self._asked[space.name]


def _listen(socket: Socket, space: Namespace, told: Diagnosis) -> ListenSocket:
    return ListenSocket(
        address=socket.local.address,
        port=socket.local.port,
        accept_queue=socket.queue,
        backlog=told.backlog,
        established=space.established_on(socket.local),
    )


def _elsewhere(each: ContainerProcesses) -> list[Process]:
    """The servers of a container whose processes are not this machine's: known by name, without sockets."""
    if each.local:
        return []
    counts = Environment(counts=each.counts)
    members = find_servers(each.table, lambda _: counts)
    return [
        Process(
            pid=member.row.pid,
            role=member.role,
            server=member.server,
            application=member.application,
            name=member.name,
            parent_pid=member.row.parent_pid,
            container=each.container.name,
            workers_flag=member.workers_flag,
            web_concurrency=each.counts.get("WEB_CONCURRENCY"),
        )
        for member in members.values()
    ]
