"""Poolers of this host and who comes to the database through them, by the two ends of their sockets; asks no console."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from forge_doctor.probes.processes.network.socket_look import SocketLook
from forge_doctor.probes.processes.network.sockets import Socket, arrived_at, held_inodes
from forge_doctor.probes.processes.table import ProcessTable
from forge_doctor.probes.processes.workers import Endpoint

POOLERS = frozenset({"pgbouncer", "odyssey", "pgcat", "pgpool", "pgagroal", "cloud-sql-proxy", "cloud_sql_proxy"})


def pooled_connections(look: SocketLook, poolers: Collection[int]) -> Mapping[int, tuple[Socket, ...]]:
    """By pid, the sockets of the processes looked into whose other end a pooler has accepted."""
    accepted = _ends(look, poolers)
    if not accepted:
        return {}
    found = {
        pid: tuple(one for one in held if not one.listening and (one.local, one.remote) in accepted)
        for pid, held in look.held.items()
        if pid not in poolers
    }
    return {pid: sockets for pid, sockets in found.items() if sockets}


def other_clients(table: ProcessTable, look: SocketLook, poolers: Collection[int]) -> Mapping[int, tuple[Socket, ...]]:
    """The same of the processes that were not looked into, until each connection has its owner."""
    accepted = _ends(look, poolers) - {(one.local, one.remote) for held in look.held.values() for one in held}
    sockets = (one for space in look.namespaces for one in space.sockets)
    missing = {one.inode: one for one in sockets if one.inode and (one.local, one.remote) in accepted}
    found: dict[int, tuple[Socket, ...]] = {}
    for pid in table.rows.keys() - look.held.keys() - look.unreadable - {os.getpid()}:
        if not missing:
            break
        own = missing.keys() & (held_inodes(pid) or ())
        if own:
            found[pid] = tuple(missing.pop(inode) for inode in sorted(own))
    return found


def _ends(look: SocketLook, poolers: Collection[int]) -> frozenset[tuple[Endpoint, Endpoint]]:
    """Of each connection that a pooler has accepted, its client's end and the pooler's."""
    return frozenset((one.remote, one.local) for pid in poolers for one in _accepted(look, pid))


def find_poolers(table: ProcessTable, look: SocketLook) -> frozenset[int]:
    """The poolers that hold connections to the database."""
    return frozenset(pid for pid in look.database if table.rows[pid].program.name in POOLERS)


def _accepted(look: SocketLook, pid: int) -> tuple[Socket, ...]:
    held = look.held.get(pid, ())
    listeners = [one.local for one in held if one.listening]
    return tuple(one for one in held if any(arrived_at(one, at) for at in listeners))
