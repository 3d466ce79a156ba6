"""Real sockets of this process, read back from /proc."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from forge_doctor.probes.processes.network.sockets import (
    Namespace,
    Socket,
    held_inodes,
    holdings,
    namespaces_of,
    normal_address,
    read_namespace,
    read_with_psutil,
)
from forge_doctor.probes.processes.server_address import server_address
from forge_doctor.probes.processes.table import ProxyRule
from forge_doctor.probes.processes.workers import Endpoint


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listener(stack: ExitStack, family: int, address: str) -> tuple[socket.socket, int]:
    server = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind((address, 0))
    server.listen(8)
    return server, server.getsockname()[1]


def ours() -> tuple[Namespace, tuple[Socket, ...]]:
    space = read_namespace("self", "own", own=True)
    return space, holdings([os.getpid()], space).held[os.getpid()]


@pytest.mark.parametrize(
    ("family", "bound", "dialled", "seen"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1", "::1"),
        (socket.AF_INET6, "::", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_both_ends_are_read_as_postgresql_prints_them(
    stack: ExitStack, family: int, bound: str, dialled: str, seen: str
) -> None:
    server, port = listener(stack, family, bound)
    client = stack.enter_context(socket.create_connection((dialled, port)))
    stack.enter_context(server.accept()[0])
    _, held = ours()
    local = Endpoint(address=seen, port=client.getsockname()[1])
    remote = Endpoint(address=seen, port=port)
    assert [(one.local, one.remote) for one in held if one.local == local] == [(local, remote)]
    assert [(one.local, one.remote) for one in held if one.remote == local] == [(remote, local)]


def test_a_listener_tells_how_many_wait_to_be_accepted(stack: ExitStack) -> None:
    server, port = listener(stack, socket.AF_INET, "127.0.0.1")
    for _ in range(3):
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    stack.enter_context(server.accept()[0])
    space, held = ours()
    (listening,) = [one for one in held if one.listening and one.local.port == port]
    assert listening.queue == 2
    assert space.established_on(listening.local) == 3


def test_psutil_sees_the_same_connections(stack: ExitStack) -> None:
    _, port = listener(stack, socket.AF_INET, "127.0.0.1")
    stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    _, by_proc = ours()
    by_psutil = read_with_psutil([os.getpid()]).held[os.getpid()]
    assert {(one.local, one.listening) for one in by_psutil} == {(one.local, one.listening) for one in by_proc}


def test_a_process_that_has_ended_is_no_error() -> None:
    ended = 2**22 + 1  # above the kernel's highest pid
    assert held_inodes(ended) == frozenset()
    assert namespaces_of([ended]) == ({}, frozenset())
    assert read_namespace(ended, "gone", own=False).sockets == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_process_of_another_user_is_unreadable_not_empty() -> None:
    os.seteuid(65534)
    try:
        assert held_inodes(1) is None
        assert namespaces_of([1]) == ({}, frozenset({1}))
        assert holdings([1], read_namespace("self", "own", own=True)).unreadable == {1}
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("::FFFF:a00:7", "10.0.0.7"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("no address", "no address"),
    ],
)
def test_addresses_are_normalised(written: str, expected: str) -> None:
    assert normal_address(written) == expected


def outgoing(local: str, remote: str, inode: int = 1) -> Socket:
    """`address:port` at both ends."""
    (near, near_port), (far, far_port) = local.rsplit(":", 1), remote.rsplit(":", 1)
    return Socket(
        namespace="",
        local=Endpoint(address=near, port=int(near_port)),
        remote=Endpoint(address=far, port=int(far_port)),
        listening=False,
        queue=0,
        inode=inode,
        uid=0,
    )


OWN = Namespace(name="own", own=True, addresses=frozenset({"127.0.0.1", "::1", "192.168.1.5", "172.17.0.1"}))


def leads_there(socket: Socket, *, own: bool, address: str = "127.0.0.1", clients: tuple[Endpoint, ...] = ()) -> bool:
    proxies = (ProxyRule(host_port=5432, address="172.18.0.3", port=5433),)
    target = server_address([address], 5432, own=OWN, proxies=proxies, clients=clients)
    return bool(target.select(Namespace(name="", own=own, sockets=(socket,))))


@pytest.mark.parametrize(
    ("remote", "own", "expected"),
    [
        ("127.0.0.1:5432", True, True),
        ("::1:5432", True, True),
        ("192.168.1.5:5432", True, True),
        ("127.0.0.1:5433", True, False),
        ("192.168.1.6:5432", True, False),
        ("127.0.0.1:5432", False, False),  # another namespace's loopback is another machine
        ("172.17.0.1:5432", False, True),  # this host, as a container sees it
        ("172.18.0.3:5433", False, True),  # the container behind the published port
        ("172.18.0.3:5432", False, False),
    ],
)
def test_a_server_on_this_host_is_known_by_all_its_addresses(remote: str, own: bool, expected: bool) -> None:
    assert leads_there(outgoing("10.0.0.2:40000", remote), own=own) is expected


def test_a_server_elsewhere_is_known_by_its_address_only() -> None:
    assert leads_there(outgoing("10.0.0.2:40000", "192.0.2.9:5432"), own=False, address="192.0.2.9")
    assert not leads_there(outgoing("10.0.0.2:40000", "172.17.0.1:5432"), own=False, address="192.0.2.9")
    assert not leads_there(outgoing("127.0.0.1:40000", "127.0.0.1:5432"), own=True, address="192.0.2.9")


def test_a_client_the_server_reports_proves_a_connection_through_any_address() -> None:
    clients = (Endpoint(address="172.18.0.4", port=40000),)
    assert leads_there(outgoing("172.18.0.4:40000", "172.18.0.9:5432"), own=False, clients=clients)
    assert not leads_there(outgoing("172.18.0.4:40001", "172.18.0.9:5432"), own=False, clients=clients)


def test_a_reported_loopback_client_proves_nothing_in_another_namespace() -> None:
    clients = (Endpoint(address="127.0.0.1", port=40000),)
    assert not leads_there(outgoing("127.0.0.1:40000", "127.0.0.1:5432"), own=False, clients=clients)
    assert not leads_there(outgoing("127.0.0.1:40000", "127.0.0.1:6379"), own=True, clients=clients)


def test_a_port_in_use_towards_two_servers_is_counted_once() -> None:
    clients = (Endpoint(address="192.168.1.5", port=40000),)
    target = server_address(["192.168.1.5"], 5432, own=OWN, clients=clients)
    to_database = outgoing("192.168.1.5:40000", "192.168.1.5:5432", inode=1)
    to_cache = outgoing("192.168.1.5:40000", "192.168.1.9:6379", inode=2)
    found = target.select(Namespace(name="", own=True, sockets=(to_cache, to_database)))
    assert [socket.inode for socket in found] == [1]
