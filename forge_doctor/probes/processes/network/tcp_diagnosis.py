"""What the kernel tells of a TCP socket beyond /proc: a listener's backlog, whether a request awaits its answer.

Asks over netlink (sock_diag, as `ss` does), which any user may; changes nothing. A connection kept
alive between two requests looks like one in use everywhere else, and would be a false alarm.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.probes.processes.network.sockets import has_tcp6

# linux/sock_diag.h, linux/inet_diag.h, linux/netlink.h, linux/tcp.h, linux/sched.h
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
REQUEST_DUMP = 0x1 | 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_INFO = 2
TCP_ESTABLISHED, TCP_LISTEN = 1, 10
CLONE_NEWNET = 0x40000000
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct("=BBBxI48x")
MESSAGE = struct.Struct("=BBBB48xIIIII")
ATTRIBUTE = struct.Struct("=HH")
# struct tcp_info: the ages in ms of what was last sent and received; data segments received and sent.
LAST_SENT, LAST_RECEIVED, SEGMENTS = 44, 52, 152
REPLY_BYTES = 1 << 16
TIMEOUT_S = 0.5
# An answer that still goes on this long after the request was read.
STREAM_MS = 1000
# Connections wait a moment for the loop in every busy service, longer only where it does not run.
STALLED_S = 1.0
PORT = 4  # offset of inet_diag_sockid's source port, in network order


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`backlog` is a listener's limit; `awaits_answer` whether the peer spoke last (None: not told); `streams`
    whether we went on speaking long after the peer; `silent_s` how long ago the peer was heard; `stalled` how many
    connections to a listener's port nobody has accepted for `STALLED_S` or longer; `unanswered` whether we have never
    said anything to this peer."""

    backlog: int | None = None
    awaits_answer: bool | None = None
    streams: bool = False
    silent_s: float | None = None
    stalled: int | None = None
    unanswered: bool = False


def diagnose(pid: int | None = None) -> Mapping[int, Diagnosis]:
    """By inode, the TCP sockets of our network namespace or, for root, of the one `pid` lives in; those nobody has
    accepted have none, and are counted at their listener.

    Empty where the kernel or the container does not let us ask.
    """
    if pid is None:
        return _ask()
    answers: list[Mapping[int, Diagnosis]] = []
    # A thread has a namespace of its own: this one enters the other and ends there.
    visitor = threading.Thread(target=lambda: answers.append(_ask_inside(pid)), daemon=True)
    visitor.start()
    visitor.join()
    return answers[0] if answers else {}


def _ask_inside(pid: int) -> Mapping[int, Diagnosis]:
    import ctypes

    try:
        descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        # os.setns() exists from Python 3.12 on.
        entered = ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) == 0
        return _ask() if entered else {}
    finally:
        os.close(descriptor)


def _ask() -> Mapping[int, Diagnosis]:
    found: dict[int, Diagnosis] = {}
    ports: dict[int, int] = {}
    stalled: Counter[int] = Counter()
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(TIMEOUT_S)
            for family in (socket.AF_INET, socket.AF_INET6) if has_tcp6("thread-self") else (socket.AF_INET,):
                kernel.send(_request(family))
                for inode, port, told in _sockets(kernel):
                    if told.backlog is not None:
                        ports[inode] = port
                    if inode:
                        found[inode] = told
                    elif (told.silent_s or 0) >= STALLED_S:
                        stalled[port] += 1
    except OSError:
        return {}
    return found | {inode: replace(found[inode], stalled=stalled[port]) for inode, port in ports.items()}


def _request(family: int) -> bytes:
    states = 1 << TCP_ESTABLISHED | 1 << TCP_LISTEN
    body = REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), states)
    return HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, REQUEST_DUMP, 1, 0) + body


def _sockets(kernel: socket.socket) -> Iterator[tuple[int, int, Diagnosis]]:
    """One (inode, local port, diagnosis) for each socket of a dump; raises OSError where the kernel refuses."""
    while True:
        reply = kernel.recv(REPLY_BYTES)
        at = 0
        while at + HEADER.size <= len(reply):
            length, kind, *_ = HEADER.unpack_from(reply, at)
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR or length < HEADER.size:
                raise OSError("sock_diag was refused")
            yield _diagnosis(reply[at + HEADER.size : at + length])
            at += (length + 3) & ~3


def _diagnosis(message: bytes) -> tuple[int, int, Diagnosis]:
    _, state, _, _, _, _, backlog, _, inode = MESSAGE.unpack_from(message)
    port = int.from_bytes(message[PORT : PORT + 2], "big")
    if state == TCP_LISTEN:
        return inode, port, Diagnosis(backlog=backlog)
    return inode, port, _conversation(_info(message[MESSAGE.size :]))


def _info(attributes: bytes) -> bytes:
    at = 0
    while at + ATTRIBUTE.size <= len(attributes):
        length, kind = ATTRIBUTE.unpack_from(attributes, at)
        if kind == INET_DIAG_INFO:
            return attributes[at + ATTRIBUTE.size : at + length]
        at += max((length + 3) & ~3, ATTRIBUTE.size)
    return b""


def _conversation(info: bytes) -> Diagnosis:
    """The clock behind the ages ticks every 1 to 10 ms: within one tick, what was sent counts as the answer."""
    if len(info) < SEGMENTS + 8:  # a kernel before 4.6
        return Diagnosis()
    received, sent = struct.unpack_from("=II", info, SEGMENTS)
    (sent_ms,), (received_ms,) = (struct.unpack_from("=I", info, at) for at in (LAST_SENT, LAST_RECEIVED))
    return Diagnosis(
        awaits_answer=bool(received) and (not sent or received_ms < sent_ms),
        streams=bool(received and sent) and received_ms - sent_ms >= STREAM_MS,
        silent_s=received_ms / 1000,
        unanswered=not sent,
    )
