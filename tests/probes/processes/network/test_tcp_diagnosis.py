"""What the kernel tells of real sockets, and of kernels and containers that do not tell."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forge_doctor.probes.processes.network import tcp_diagnosis
from forge_doctor.probes.processes.network.tcp_diagnosis import Diagnosis, diagnose
from tests.support.docker_engine import StartContainer, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A listener and both ends of one connection to it."""

    listener: socket.socket
    peer: socket.socket
    accepted: socket.socket

    def awaits_answer(self) -> bool | None:
        return diagnose()[os.fstat(self.accepted.fileno()).st_ino].awaits_answer


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"])
def talk(request: pytest.FixtureRequest) -> Iterator[Talk]:
    family, address = request.param
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        listener.listen(77)
        with socket.create_connection(listener.getsockname()[:2]) as peer, listener.accept()[0] as accepted:
            yield Talk(listener=listener, peer=peer, accepted=accepted)


def test_a_listener_tells_its_backlog(talk: Talk) -> None:
    assert diagnose()[os.fstat(talk.listener.fileno()).st_ino] == Diagnosis(backlog=77, stalled=0)


def test_a_connection_awaits_an_answer_only_after_the_peer_has_spoken(talk: Talk) -> None:
    seen = [talk.awaits_answer()]
    for speaker in (talk.peer, talk.accepted, talk.peer):
        speaker.send(b"x")
        time.sleep(0.05)  # the ages are counted in ticks of up to 10 ms
        seen.append(talk.awaits_answer())
    assert seen == [False, True, False, True]


@pytest.mark.parametrize(
    ("sent_age", "received_age", "received", "sent", "expected"),
    [
        (500, 20, 3, 2, True),
        (20, 500, 3, 3, False),
        (20, 20, 1, 1, False),  # answered within one tick
        (20, 20, 1, 0, True),  # never answered
        (0, 0, 0, 0, False),
    ],
)
def test_who_spoke_last_is_told_by_age(
    sent_age: int, received_age: int, received: int, sent: int, expected: bool
) -> None:
    info = bytearray(160)
    struct.pack_into("=I", info, tcp_diagnosis.LAST_SENT, sent_age)
    struct.pack_into("=I", info, tcp_diagnosis.LAST_RECEIVED, received_age)
    struct.pack_into("=II", info, tcp_diagnosis.SEGMENTS, received, sent)
    assert tcp_diagnosis._conversation(bytes(info)).awaits_answer is expected
    assert tcp_diagnosis._conversation(bytes(info[:104])).awaits_answer is None


@pytest.mark.parametrize(
    ("sent_age", "received_age", "streams"), [(20, 1019, False), (20, 1020, True), (900, 900, False)]
)
def test_an_answer_that_goes_on_is_a_stream(sent_age: int, received_age: int, streams: bool) -> None:
    info = bytearray(160)
    struct.pack_into("=I", info, tcp_diagnosis.LAST_SENT, sent_age)
    struct.pack_into("=I", info, tcp_diagnosis.LAST_RECEIVED, received_age)
    struct.pack_into("=II", info, tcp_diagnosis.SEGMENTS, 1, 5)
    assert tcp_diagnosis._conversation(bytes(info)).streams is streams


def test_a_namespace_that_is_gone_tells_nothing() -> None:
    assert diagnose(2**22 + 1) == {}


@pytest.mark.docker
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may enter another namespace")
def test_reads_a_containers_namespace_and_comes_back(busybox_image: str, start_container: StartContainer) -> None:
    container = start_container(busybox_image, ["nc", "-l", "-p", "8000"])
    container.reload()
    pid = container.attrs["State"]["Pid"]
    assert wait_until(lambda: any(one.backlog is not None for one in diagnose(pid).values()))
    here = Path("/proc/thread-self/ns/net").readlink()
    assert diagnose(pid).keys().isdisjoint(diagnose())
    assert Path("/proc/thread-self/ns/net").readlink() == here
