"""TCP sockets and the processes that hold them, in every network namespace /proc shows; opens no connection."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from forge_doctor.dataclass import dataclass, field
from forge_doctor.probes.processes.workers import Endpoint

ESTABLISHED, CLOSE_WAIT, LISTEN = "01", "08", "0A"
UNIX_LISTENS = 0x10000  # __SO_ACCEPTCON
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A row of /proc/PID/net/tcp. `inode` is 0 for a connection nobody has accepted yet.

    `queue` is Recv-Q: unread bytes, or for a listener the connections waiting to be accepted.
    """

    namespace: str
    local: Endpoint
    remote: Endpoint
    listening: bool
    queue: int
    inode: int
    uid: int
    is_left: bool = False  # the other end has closed, this one has not


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """The sockets of one network namespace; `own` is True for the one this process lives in, `left` are those whose other
    end has closed."""

    name: str
    own: bool
    sockets: tuple[Socket, ...] = ()
    addresses: frozenset[str] = frozenset()
    left: tuple[Socket, ...] = ()

    def established_on(self, listener: Endpoint) -> int:
        """Connections open on a listening port, accepted or not."""
        return sum(1 for socket in self.sockets if arrived_at(socket, listener))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The sockets each readable process holds; `unreadable` are those that may not be looked into."""

    held: Mapping[int, tuple[Socket, ...]] = field(default_factory=dict)
    unreadable: frozenset[int] = frozenset()


def arrived_at(socket: Socket, listener: Endpoint) -> bool:
    """Whether the connection came in through that listening port."""
    same_port = not socket.listening and socket.local.port == listener.port
    return same_port and (listener.address in WILDCARDS or socket.local.address == listener.address)


def namespaces_of(pids: Iterable[int]) -> tuple[Mapping[int, str], frozenset[int]]:
    """The network namespace of each process (`net:[4026531840]`), and the processes that may not be read."""
    names: dict[int, str] = {}
    denied = set()
    for pid in pids:
        try:
            names[pid] = os.readlink(f"/proc/{pid}/ns/net")  # noqa: PTH115 - for every process, no Path needed
        except PermissionError:
            denied.add(pid)
        except OSError:  # it has ended
            continue
    return names, frozenset(denied)


def read_namespace(pid: int | str, name: str, *, own: bool) -> Namespace:
    """The established and listening TCP sockets that `pid` can see, and those left by their other end; empty if the
    process has ended."""
    rows = [*_rows(f"/proc/{pid}/net/tcp", name)]
    if has_tcp6(pid):
        rows += _rows(f"/proc/{pid}/net/tcp6", name)
    return Namespace(
        name=name,
        own=own,
        sockets=tuple(one for one in rows if not one.is_left),
        addresses=_own_addresses(pid) if own else frozenset(),
        left=tuple(one for one in rows if one.is_left),
    )


def has_tcp6(pid: int | str) -> bool:
    """Whether the namespace may have TCP sockets over IPv6. Its counter costs nothing, while listing them makes the
    kernel walk the table of all connections of the machine, also where it finds none."""
    return "TCP6: inuse 0\n" not in _text(f"/proc/{pid}/net/sockstat6")


def held_inodes(pid: int) -> frozenset[int] | None:
    """The inodes of the sockets `pid` has open; None where that may not be read."""
    inodes = set()
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                try:
                    target = os.readlink(entry.path)  # noqa: PTH115 - for every open file
                except FileNotFoundError:  # closed since it was listed
                    continue
                if target.startswith("socket:["):
                    inodes.add(int(target[8:-1]))
    except PermissionError:
        return None
    except OSError:  # the process has ended
        return frozenset()
    return frozenset(inodes)


def by_inode(namespace: Namespace) -> dict[int, Socket]:
    """The sockets that somebody holds."""
    return {socket.inode: socket for socket in namespace.sockets if socket.inode}


def holdings(pids: Iterable[int], namespace: Namespace) -> Holdings:
    """What each of `pids`, all of that namespace, holds."""
    return holdings_among(pids, by_inode(namespace))


def holdings_among(pids: Iterable[int], sockets: Mapping[int, Socket]) -> Holdings:
    """The same where it is known `by_inode` what is there: to ask for one process after the other."""
    held: dict[int, tuple[Socket, ...]] = {}
    unreadable = set()
    for pid in pids:
        inodes = held_inodes(pid)
        if inodes is None:
            unreadable.add(pid)
        else:
            held[pid] = tuple(sockets[inode] for inode in inodes & sockets.keys())
    return Holdings(held=held, unreadable=frozenset(unreadable))


def listens_on_unix_socket(pid: int) -> bool | None:
    """Whether the process accepts connections on a Unix socket; None where that may not be read."""
    inodes = held_inodes(pid)
    if inodes is None:
        return None
    rows = (line.split() for line in _text(f"/proc/{pid}/net/unix").splitlines()[1:])
    return any(int(row[3], 16) & UNIX_LISTENS and int(row[6]) in inodes for row in rows)


def read_with_psutil(pids: Collection[int]) -> Holdings:
    """As `holdings` where there is no /proc: no accept queue, and only processes we may examine."""
    import psutil

    held: dict[int, tuple[Socket, ...]] = {}
    unreadable = set()
    for pid in pids:
        try:
            process = psutil.Process(pid)
            # Renamed in psutil 6; the lower bound still has the old name.
            rows = (process.net_connections if hasattr(process, "net_connections") else process.connections)("tcp")
        except psutil.AccessDenied:
            unreadable.add(pid)
            continue
        except psutil.Error:
            continue
        held[pid] = tuple(_from_psutil(row) for row in rows if row.status in ("ESTABLISHED", "LISTEN"))
    return Holdings(held=held, unreadable=frozenset(unreadable))


def normal_address(address: str) -> str:
    """The address as PostgreSQL prints it: IPv4 where it was mapped into IPv6, no zone."""
    bare = address.partition("%")[0]
    if ":" not in bare:
        return bare
    try:
        parsed = IPv6Address(bare)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or parsed)


def _from_psutil(row: object) -> Socket:
    local, remote = row.laddr, row.raddr  # type: ignore[attr-defined]
    return Socket(
        namespace="",
        local=Endpoint(address=normal_address(local.ip), port=local.port),
        remote=Endpoint(address=normal_address(remote.ip), port=remote.port)
        if remote
        else Endpoint(address="", port=0),
        listening=row.status == "LISTEN",  # type: ignore[attr-defined]
        queue=0,
        inode=-1,
        uid=-1,
    )


def _rows(path: str, namespace: str) -> Iterator[Socket]:
    for line in _text(path).splitlines()[1:]:
        if line.split(None, 4)[3] in (ESTABLISHED, CLOSE_WAIT, LISTEN):  # most of a busy service's are in TIME_WAIT
            columns = line.split()
            yield Socket(
                namespace=namespace,
                local=_endpoint(columns[1]),
                remote=_endpoint(columns[2]),
                listening=columns[3] == LISTEN,
                queue=int(columns[4].partition(":")[2], 16),
                inode=int(columns[9]),
                uid=int(columns[7]),
                is_left=columns[3] == CLOSE_WAIT,
            )


def _endpoint(written: str) -> Endpoint:
    address, _, port = written.partition(":")
    return Endpoint(address=_decoded(address), port=int(port, 16))


@lru_cache(maxsize=4096)
def _decoded(written: str) -> str:
    """The kernel prints each 32-bit word of an address as a number in the machine's byte order."""
    words = [int(written[at : at + 8], 16) for at in range(0, len(written), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    if len(packed) == 4:
        return str(IPv4Address(packed))
    parsed = IPv6Address(packed)
    return str(parsed.ipv4_mapped or parsed)


def _own_addresses(pid: int | str) -> frozenset[str]:
    """Every address of this host's interfaces, docker's bridges among them."""
    found = {"127.0.0.1", "::1"}
    found.update(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", _text(f"/proc/{pid}/net/fib_trie")))
    for line in _text(f"/proc/{pid}/net/if_inet6").splitlines():
        found.add(str(IPv6Address(bytes.fromhex(line.split()[0]))))
    return frozenset(found)


def _text(path: str) -> str:
    """The file's content; empty where the process has ended or IPv6 is switched off."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - read for every namespace, on the way to a quick answer
            return file.read().decode("ascii", "replace")
    except OSError:
        return ""
