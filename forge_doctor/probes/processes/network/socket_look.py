"""One pass over the sockets of many processes: which of them lead to the database; reads as little as it can."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.processes.network.sockets import (
    Namespace,
    Socket,
    by_inode,
    held_inodes,
    holdings,
    holdings_among,
    namespaces_of,
    read_namespace,
    read_with_psutil,
)
from forge_doctor.probes.processes.server_address import ServerAddress, server_address
from forge_doctor.probes.processes.table import ProcessTable
from forge_doctor.probes.processes.workers import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLook:
    """What was seen. `held` has every process looked into, `database` those of them with connections.

    `unowned` are connections to the database no readable process holds; `namespaces` all that were read.
    """

    database: Mapping[int, tuple[Socket, ...]] = field(default_factory=dict)
    held: Mapping[int, tuple[Socket, ...]] = field(default_factory=dict)
    spaces: Mapping[int, Namespace] = field(default_factory=dict)
    unreadable: frozenset[int] = frozenset()
    unowned: tuple[Socket, ...] = ()
    namespaces: tuple[Namespace, ...] = ()


def look_at_sockets(
    table: ProcessTable,
    servers: Collection[int],
    named: Collection[int],
    addresses: Collection[str],
    port: int,
    clients: Collection[Endpoint],
    own_port: int | None = None,
) -> SocketLook:
    """Look into `servers` always, into other processes only while connections are left without an owner.

    `named` are the processes the user pointed at: for them the port alone is enough. `own_port` is what the server
    itself says its port is.
    """
    if not table.from_proc:
        return _with_psutil(table, addresses, port, clients)
    spaces, denied = namespaces_of(table.rows)
    own = _own_namespace()
    address = server_address(addresses, port, own=own, proxies=table.proxies, clients=clients, own_port=own_port)
    looks = [SocketLook(unreadable=denied)]
    for name, pids in _by_namespace(spaces).items():
        space = own if name == own.name else _read_any(pids, name)
        wanted = _wanted(space, address, by_port=not clients and not space.own and any(pid in named for pid in pids))
        first = [pid for pid in pids if pid in servers or pid in named]
        looks.append(_in_namespace(space, wanted, first, pids, table))
    return _joined(looks)


def look_again(table: ProcessTable, pids: Collection[int]) -> SocketLook:
    """What these processes hold now, whatever it leads to."""
    if not table.from_proc:
        return SocketLook()
    spaces, _ = namespaces_of(pids)
    held: dict[int, tuple[Socket, ...]] = {}
    for name, inside in _by_namespace(spaces).items():
        held |= holdings(inside, _read_any(inside, name)).held
    return SocketLook(held=held)


def namespaces_again(table: ProcessTable) -> tuple[Namespace, ...]:
    """The sockets of every network namespace as they are now, whoever holds them; none where there is no /proc."""
    if not table.from_proc:
        return ()
    own, spaces = _own_namespace(), _by_namespace(namespaces_of(table.rows)[0])
    return (own, *(_read_any(pids, name) for name, pids in spaces.items() if name != own.name))


def _own_namespace() -> Namespace:
    return read_namespace("self", str(Path("/proc/self/ns/net").readlink()), own=True)


def _by_namespace(spaces: Mapping[int, str]) -> dict[str, list[int]]:
    """The processes inside of each."""
    found: dict[str, list[int]] = {}
    for pid, name in spaces.items():
        found.setdefault(name, []).append(pid)
    return found


def _wanted(space: Namespace, address: ServerAddress, *, by_port: bool) -> tuple[Socket, ...]:
    found = address.select(space)
    return found or (address.select_by_port(space) if by_port else ())


def _read_any(pids: Iterable[int], name: str) -> Namespace:
    """The namespace through the first of its processes that is still there."""
    for pid in pids:
        space = read_namespace(pid, name, own=False)
        if space.sockets:
            return space
    return Namespace(name=name, own=False)


def _in_namespace(
    space: Namespace, wanted: Iterable[Socket], first: list[int], pids: list[int], table: ProcessTable
) -> SocketLook:
    """Owners of the `wanted` sockets: among `first`, then among the others until none is left; then their relatives,
    who may have inherited the same sockets."""
    known = by_inode(space)
    seen = holdings_among(first, known)
    held, unreadable = dict(seen.held), set(seen.unreadable)
    missing = {socket.inode: socket for socket in wanted if socket.inode}
    connections = frozenset(missing)
    for inode in (held_inodes(os.getpid()) or frozenset()) | {each.inode for own in held.values() for each in own}:
        missing.pop(inode, None)
    for pid in (pid for pid in pids if pid not in held and pid not in unreadable and pid != os.getpid()):
        if not missing:
            break
        other = holdings_among([pid], known)
        unreadable |= other.unreadable
        for sockets in other.held.values():
            if not missing.keys().isdisjoint(socket.inode for socket in sockets):
                held[pid] = sockets
                for socket in sockets:
                    missing.pop(socket.inode, None)
    owners = [pid for pid, sockets in held.items() if not connections.isdisjoint(one.inode for one in sockets)]
    inherited = holdings_among(set(_relatives(owners, table)) & set(pids) - held.keys(), known)
    if missing:
        for socket in _of_newcomers(space, table):
            missing.pop(socket.inode, None)
    held |= {pid: own for pid, own in inherited.held.items() if not connections.isdisjoint(one.inode for one in own)}
    return SocketLook(
        database={pid: found for pid, sockets in held.items() if (found := _among(sockets, connections))},
        held=held,
        spaces=dict.fromkeys(held, space),
        unreadable=frozenset(unreadable),
        unowned=_still_there(missing, space, pids),
        namespaces=(space,),
    )


def _still_there(missing: Mapping[int, Socket], space: Namespace, pids: Iterable[int]) -> tuple[Socket, ...]:
    """Without those that have ended since the namespace was read: nobody has them any more."""
    if not missing:
        return ()
    now = read_namespace("self", space.name, own=True) if space.own else _read_any(pids, space.name)
    return tuple(socket for socket in now.sockets if socket.inode in missing)


def _of_newcomers(space: Namespace, table: ProcessTable) -> Iterator[Socket]:
    """What processes hold that have come since the table was read: a script that connects and ends within the look."""
    come = {int(name) for name in os.listdir("/proc") if name.isdecimal()} - table.rows.keys()  # noqa: PTH208 - of all processes
    return (socket for own in holdings(come, space).held.values() for socket in own)


def _relatives(pids: Iterable[int], table: ProcessTable) -> Iterator[int]:
    """The parents of these processes and the other children of those parents, where a fork has made them."""
    owners = {pid for pid in pids if pid in table.rows}
    parents = {table.rows[pid].parent_pid for pid in owners} | owners
    for row in table.rows.values():
        if row.pid in parents or (row.parent_pid in parents and row.same_as_parent):
            yield row.pid


def _among(sockets: Iterable[Socket], inodes: Collection[int]) -> tuple[Socket, ...]:
    return tuple(sorted((each for each in sockets if each.inode in inodes), key=lambda each: each.local.port))


def _joined(looks: Sequence[SocketLook]) -> SocketLook:
    database: dict[int, tuple[Socket, ...]] = {}
    held: dict[int, tuple[Socket, ...]] = {}
    spaces: dict[int, Namespace] = {}
    unreadable: set[int] = set()
    unowned: list[Socket] = []
    for look in looks:
        database |= look.database
        held |= look.held
        spaces |= look.spaces
        unreadable |= look.unreadable
        unowned += look.unowned
    return SocketLook(
        database=database,
        held=held,
        spaces=spaces,
        unreadable=frozenset(unreadable),
        unowned=tuple(unowned),
        namespaces=tuple(space for look in looks for space in look.namespaces),
    )


def _with_psutil(
    table: ProcessTable, addresses: Collection[str], port: int, clients: Collection[Endpoint]
) -> SocketLook:
    """The same where there is no /proc: every process has to be asked, and there is one namespace."""
    seen = read_with_psutil([pid for pid in table.rows if pid != os.getpid()])
    local = frozenset({"127.0.0.1", "::1"}) | {each.local.address for own in seen.held.values() for each in own}
    everything = tuple(socket for sockets in seen.held.values() for socket in sockets)
    space = Namespace(name="", own=True, sockets=everything, addresses=local)
    wanted = frozenset(server_address(addresses, port, own=space, clients=clients).select(space))
    return SocketLook(
        database={pid: found for pid, own in seen.held.items() if (found := tuple(s for s in own if s in wanted))},
        held=seen.held,
        spaces=dict.fromkeys(seen.held, space),
        unreadable=seen.unreadable,
    )
