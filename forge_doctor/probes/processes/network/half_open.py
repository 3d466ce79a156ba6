"""Clients whose end of a connection is gone while the server's end stands; claims nothing of a server elsewhere.

Whether the examined server runs here is not asked of names or ports, which a tunnel or a pooler may copy, but of the
kernel: the server's end of our own connection must be among the sockets of a namespace seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.network.sockets import Namespace
from forge_doctor.probes.processes.table import ProcessTable
from forge_doctor.probes.processes.workers import Endpoint

# The kernel's inode of the first pid namespace (PROC_PID_INIT_INO), from which every process can be seen.
FIRST_PID_NAMESPACE = "pid:[4026531836]"
BETWEEN_READINGS_S = 0.03
ENGINES = ("dockerd", "containerd", "conmon", "crio", "podman")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Our own connection as the server reports it: inet_server_addr() and port, inet_client_addr() and port."""

    server: Endpoint
    client: Endpoint


def still_half_open(
    first: Iterable[Namespace],
    again: Callable[[], Iterable[Namespace]],
    proof: Proof | None,
    clients: Collection[Endpoint],
    table: ProcessTable,
) -> tuple[Endpoint, ...]:
    """Those that are so at two readings: while others connect and leave, the kernel's list may pass over a socket, or show
    the server's end of a connection before its client closed it."""
    found = half_open(first, proof, clients, table)
    if not found:
        return ()
    time.sleep(BETWEEN_READINGS_S)
    return half_open(again(), proof, found, table)


def half_open(
    spaces: Iterable[Namespace], proof: Proof | None, clients: Collection[Endpoint], table: ProcessTable
) -> tuple[Endpoint, ...]:
    """Those of `clients` that no namespace has a socket of, each with its server's end established here."""
    seen = tuple(spaces)
    home = _home(seen, proof)
    if home is None or proof is None:
        return ()
    served = {
        socket.remote for socket in home.sockets if not socket.listening and socket.local.port == proof.server.port
    }
    reaches = home.sockets if not _sees_containers(table) else tuple(one for space in seen for one in space.sockets)
    # Address translation changes a client's address and keeps its port: any socket with that port may be its end.
    ports = {socket.local.port for socket in reaches if not socket.listening}
    return tuple(
        sorted(
            (one for one in clients if one in served and one.port not in ports and _visible(one, table)),
            key=lambda one: (one.address, one.port),
        )
    )


def closed_by_client(
    spaces: Iterable[Namespace], proof: Proof | None, clients: Collection[Endpoint]
) -> tuple[Endpoint, ...]:
    """Those of `clients` that have closed their end, wherever they are, while the server's stands here: it looks at its end
    only when it next reads or writes."""
    home = _home(spaces, proof)
    if home is None or proof is None:
        return ()
    left = {socket.remote for socket in home.left if socket.local.port == proof.server.port}
    return tuple(sorted((one for one in clients if one in left), key=lambda one: (one.address, one.port)))


def _home(spaces: Iterable[Namespace], proof: Proof | None) -> Namespace | None:
    """The namespace that holds the server's end of our connection."""
    if proof is None:
        return None
    for space in spaces:
        if any(socket.local == proof.server and socket.remote == proof.client for socket in space.sockets):
            return space
    return None


def _visible(client: Endpoint, table: ProcessTable) -> bool:
    """Whether that client's socket would be among those read: on the server's own loopback always, elsewhere on this
    host only where the processes of containers can be seen."""
    return client.address.startswith("127.") or client.address == "::1" or _sees_containers(table)


def _sees_containers(table: ProcessTable) -> bool:
    if any(row.program.name.startswith(ENGINES) for row in table.rows.values()):
        return True
    try:
        return str(Path("/proc/self/ns/pid").readlink()) == FIRST_PID_NAMESPACE
    except OSError:
        return False
