"""Connections over IPv6 are listed where there are some, and the kernel is not asked to look for them where there are none."""

from __future__ import annotations

import socket

import pytest

from forge_doctor.probes.processes.network import sockets
from forge_doctor.probes.processes.network.sockets import has_tcp6, read_namespace


def test_a_listener_on_ipv6_is_seen() -> None:
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        listener.listen()
        port = listener.getsockname()[1]
        assert has_tcp6("self")
        ports = {one.local.port for one in read_namespace("self", "net", own=True).sockets if one.listening}
    assert port in ports


def test_where_the_kernel_does_not_count_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_text", lambda path: "")
    assert has_tcp6("self")
