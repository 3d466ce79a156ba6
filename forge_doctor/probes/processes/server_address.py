"""Decides which sockets lead to the examined database server; asks name servers only for the names it is given."""

from __future__ import annotations

import socket as sockets
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.network.sockets import Namespace, Socket, normal_address
from forge_doctor.probes.processes.table import ProxyRule
from forge_doctor.probes.processes.workers import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """The server as clients may see it.

    `endpoints` hold in every network namespace, `own_endpoints` (loopback) only in ours: another
    namespace's 127.0.0.1 is another machine. `clients` are the ends the server itself reports
    (client_addr, client_port): the strongest proof, whatever address the client dialled. `own_port` is
    the server's own, where it says so: another than `port` behind a pooler or a published port.
    """

    port: int
    own_port: int | None = None
    endpoints: frozenset[Endpoint] = frozenset()
    own_endpoints: frozenset[Endpoint] = frozenset()
    clients: frozenset[Endpoint] = frozenset()

    def select(self, namespace: Namespace) -> tuple[Socket, ...]:
        """The sockets of `namespace` that lead to the server."""
        outgoing = [socket for socket in namespace.sockets if not socket.listening]
        dialled = [socket for socket in outgoing if self._dialled(socket.remote, namespace)]
        proven = {socket.local for socket in dialled}
        # A port may be in use towards two servers at once: the one dialled by a known address wins.
        seen = [socket for socket in outgoing if socket.local not in proven and self._seen(socket, namespace)]
        return (*dialled, *seen)

    def select_by_port(self, namespace: Namespace) -> tuple[Socket, ...]:
        """Whatever leads to that port on any machine: for a process the user has named, where nothing better is known."""
        return tuple(socket for socket in namespace.sockets if not socket.listening and socket.remote.port == self.port)

    def _dialled(self, remote: Endpoint, namespace: Namespace) -> bool:
        return remote in self.endpoints or (namespace.own and remote in self.own_endpoints)

    def _seen(self, socket: Socket, namespace: Namespace) -> bool:
        if socket.local not in self.clients:
            return False
        return not _is_loopback(socket.local.address) or (
            namespace.own and socket.remote.port in (self.port, self.own_port)
        )


def server_address(
    addresses: Collection[str],
    port: int,
    *,
    own: Namespace,
    proxies: Iterable[ProxyRule] = (),
    clients: Collection[Endpoint] = (),
    own_port: int | None = None,
) -> ServerAddress:
    """What leads to the server at `addresses` (names, numbers, or a socket's directory) and `port`.

    A server on this host is also reached by the host's other addresses, docker's bridges among
    them, and one in a container behind a published port by the container's own address.
    """
    known = frozenset(found for address in addresses for found in _numbers(address))
    local = not known or bool(known & own.addresses)
    anywhere = known | own.addresses if local else known
    endpoints = {Endpoint(address=address, port=port) for address in anywhere}
    if local:
        endpoints |= {Endpoint(address=rule.address, port=rule.port) for rule in proxies if rule.host_port == port}
    loopback = frozenset(endpoint for endpoint in endpoints if _is_loopback(endpoint.address))
    return ServerAddress(
        port=port,
        own_port=own_port,
        endpoints=frozenset(endpoints) - loopback,
        own_endpoints=loopback,
        clients=frozenset(clients),
    )


def _numbers(address: str) -> Iterable[str]:
    if not address or address.startswith(("/", "@")):
        return ()
    if _is_number(address):
        return (normal_address(address),)
    try:
        found = sockets.getaddrinfo(address, None, type=sockets.SOCK_STREAM)
    except OSError:  # the connection itself will say so
        return ()
    return {normal_address(str(entry[4][0])) for entry in found}


def _is_number(address: str) -> bool:
    try:
        ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return _is_number(address) and ip_address(address).is_loopback
