"""Finds who holds connections to a database server: application servers first, then anybody; judges none of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from forge_doctor.dataclass import replace
from forge_doctor.probes.application.held_connections import read_held_connections
from forge_doctor.probes.processes.blind_spots import blind_spots
from forge_doctor.probes.processes.command_line import Kind
from forge_doctor.probes.processes.identity import read_identity
from forge_doctor.probes.processes.network.half_open import Proof, closed_by_client, still_half_open
from forge_doctor.probes.processes.network.socket_look import SocketLook, look_again, look_at_sockets, namespaces_again
from forge_doctor.probes.processes.network.sockets import Namespace, Socket, arrived_at, listens_on_unix_socket
from forge_doctor.probes.processes.network.tcp_diagnosis import STALLED_S, Diagnosis, diagnose
from forge_doctor.probes.processes.poolers import find_poolers, other_clients, pooled_connections
from forge_doctor.probes.processes.server_tree import Member, find_servers
from forge_doctor.probes.processes.table import (
    Environment,
    ProcessTable,
    TableRow,
    read_environment,
    read_process_table,
)
from forge_doctor.probes.processes.workers import DatabaseSocket, Endpoint, ListenSocket, Process, ProcessScan, Role

if TYPE_CHECKING:
    from forge_doctor.probes.docker.containers import ContainerProcesses

# Servers that close a connection which idles between two requests, by default after 5 s (gunicorn: 2).
CLOSES_IDLE = frozenset({"uvicorn", "gunicorn", "hypercorn", "fastapi"})
KEEP_ALIVE_S = 5
MORE_LOOKS = 4
BETWEEN_LOOKS_S = 0.03


def find_processes(
    addresses: Collection[str],
    port: int,
    *,
    containers: Sequence[ContainerProcesses] = (),
    clients: Collection[Endpoint] = (),
    proof: Proof | None = None,
    table: ProcessTable | None = None,
) -> ProcessScan:
    """The application servers connected to that database server, and whoever else holds connections to it.

    `addresses` are what the examiner dials (numbers, names, or a socket's directory: then any address
    of this host). `clients` are the ends the server reports, where it could be asked: they also prove
    connections through other addresses. `proof` is our own connection, as the server sees it. `table` may be read
    earlier, while the connection is made.
    """
    table = table if table is not None else read_process_table()
    environment = _environments(containers, table)
    named = {pid: each.container.name for each in containers for pid in each.local}
    servers = dict(find_servers(table, environment))
    look = look_at_sockets(
        table, servers.keys(), named.keys(), addresses, port, clients, own_port=proof.server.port if proof else None
    )
    servers |= _self_served(table, look, servers)
    poolers = find_poolers(table, look)
    pooled = _behind(table, servers, look, poolers)
    matched = {servers[pid].family for pid in servers if pid in look.database or pid in pooled or pid in named}
    build = _Builder(table=table, look=look, named=named, environment=environment, pooled=pooled)
    processes = [build.server(each) for each in servers.values() if each.family in matched]
    others = dict.fromkeys((*look.database, *pooled))
    processes += [build.other(table.rows[pid], servers) for pid in others if pid not in servers]
    for each in containers:
        processes += _elsewhere(each)
    return ProcessScan(
        processes=tuple(sorted(processes, key=lambda process: process.pid)),
        unmatched=tuple(pid for pid, each in servers.items() if each.family not in matched),
        blind_spots=blind_spots(table, look, servers, containers),
        half_open=still_half_open(look.namespaces, lambda: namespaces_again(table), proof, clients, table),
        closed_by_client=closed_by_client(look.namespaces, proof, clients),
    )


def _behind(
    table: ProcessTable, servers: Mapping[int, Member], look: SocketLook, poolers: frozenset[int]
) -> Mapping[int, tuple[Socket, ...]]:
    """Who comes through a pooler; without a pool of its own a server is connected for moments only, so that it is looked
    for more than once."""
    pooled = pooled_connections(look, poolers)
    if not poolers:
        return pooled
    for _ in range(MORE_LOOKS if servers else 0):
        if not pooled.keys().isdisjoint(servers):
            break
        time.sleep(BETWEEN_LOOKS_S)
        pooled = {**pooled_connections(look_again(table, servers.keys() | poolers), poolers), **pooled}
    return {**other_clients(table, look, poolers), **pooled}


def _environments(containers: Sequence[ContainerProcesses], table: ProcessTable) -> Callable[[int], Environment]:
    """Each process's environment, read once; of a container's processes the engine knows it as well, and what a title was
    written over is its parent's still."""
    told = {pid: each.counts for each in containers for pid in each.local}

    @cache
    def environment(pid: int) -> Environment:
        own = read_environment(pid)
        parent = table.rows[pid].parent_pid if own.overwritten and pid in table.rows else 0
        if parent > 0 and pid not in told:
            return environment(parent)
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
        self,
        *,
        table: ProcessTable,
        look: SocketLook,
        named: Mapping[int, str],
        environment: Callable[[int], Environment],
        pooled: Mapping[int, tuple[Socket, ...]],
    ) -> None:
        self._look = look
        self._table = table
        self._pooled = pooled
        self._named = named
        self._environment = environment
        self._asked: dict[str, Mapping[int, Diagnosis]] = {}

    def server(self, member: Member) -> Process:
        from forge_doctor.probes.processes.libraries import read_libraries

        process = self._process(member.row, member.role, member.name)
        return replace(
            process,
            server=member.server,
            application=member.application,
            workers_flag=member.workers_flag,
            web_concurrency=self._environment(member.row.pid).counts.get("WEB_CONCURRENCY"),
            listens=self._listens(process),
            libraries=read_libraries(process.pid) if member.role is Role.WORKER else None,
        )

    def _listens(self, process: Process) -> bool | None:
        if process.listen:
            return True
        return listens_on_unix_socket(process.pid) if process.pid in self._look.held else None

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
        # One that the kernel no longer tells of has ended since the sockets were listed.
        talks = [(one, told.get(one.inode, Diagnosis())) for one in accepted if not told or one.inode in told]
        awaiting = [talk.awaits_answer for _, talk in talks]
        database = self._look.database.get(row.pid, ())
        quiet, kept = _quiet(row, self._table, [talk for _, talk in talks])
        pooled = self._pooled.get(row.pid, ())
        return Process(
            pid=row.pid,
            role=role,
            name=name or f"pid {row.pid}",
            user=identity.user,
            parent_pid=row.parent_pid,
            container=self._named.get(row.pid, identity.container_id[:12]),
            container_pid=identity.container_pid,
            age_s=row.age_s,
            suspension=identity.suspension,
            database_sockets=_to_database(socket for socket in database if socket not in pooled),
            pooler_sockets=_to_database(pooled),
            listen=tuple(
                _listen(socket, self._look.spaces[row.pid], told.get(socket.inode, Diagnosis())) for socket in listeners
            ),
            requests_in_flight=sum(answer is not False for answer in awaiting),
            requests_exact=bool(told) and None not in awaiting,
            streams_open=sum(talk.streams and not talk.awaits_answer for _, talk in talks),
            held=read_held_connections(row.pid, identity.container_pid) if row.pid in self._look.held else None,
            quiet_open=quiet,
            kept_open=kept,
            request_ages_s=tuple(
                talk.silent_s if talk.unanswered else None
                for _, talk in talks
                if talk.streams or talk.awaits_answer is not False
            ),
            calls_out=_calls_out(told, set(held).difference(listeners, accepted, database, pooled)),
            requests_unread=sum(bool(one.queue) and (talk.silent_s or 0) >= STALLED_S for one, talk in talks),
        )

    def _diagnoses(self, pid: int) -> Mapping[int, Diagnosis]:
        """What the kernel tells of the sockets in the process's namespace, asked once for each."""
        space = self._look.spaces[pid]
        if space.name not in self._asked:
            self._asked[space.name] = diagnose(None if space.own else pid) if space.name else {}
        return self._asked[space.name]


def _calls_out(told: Mapping[int, Diagnosis], opened: Iterable[Socket]) -> int:
    """On how many of the connections that it opened the process has spoken last."""
    talks = (told.get(one.inode) for one in opened)
    return sum(talk is not None and talk.awaits_answer is False and not talk.unanswered for talk in talks)


def _quiet(row: TableRow, table: ProcessTable, talks: list[Diagnosis]) -> tuple[int, int]:
    """Accepted connections that are neither a request nor a stream we hear: those that would have been closed were they
    idle, and the others."""
    family = [one.program for one in (row, table.rows.get(row.parent_pid)) if one]
    if not any(one.server in CLOSES_IDLE for one in family):
        return 0, 0
    limit_s = max([KEEP_ALIVE_S, *(one.keep_alive_s or 0 for one in family)]) + 1
    rest = [talk for talk in talks if talk.awaits_answer is False and not talk.streams]
    quiet = sum((talk.silent_s or 0) >= limit_s for talk in rest)
    return quiet, len(rest) - quiet


def _to_database(sockets: Iterable[Socket]) -> tuple[DatabaseSocket, ...]:
    return tuple(DatabaseSocket(local=one.local, remote=one.remote, inode=max(0, one.inode)) for one in sockets)


def _listen(socket: Socket, space: Namespace, told: Diagnosis) -> ListenSocket:
    return ListenSocket(
        address=socket.local.address,
        port=socket.local.port,
        accept_queue=socket.queue,
        backlog=told.backlog,
        stalled=told.stalled,
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
