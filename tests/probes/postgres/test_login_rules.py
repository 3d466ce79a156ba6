"""A server that asks for what it must not have gets nothing, and one that never ends is left, by driver and console."""

from __future__ import annotations

import asyncio
import os
import pwd
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.login_rules import (
    LARGEST_MESSAGE,
    MOST_ITERATIONS,
    LoginRules,
    Messages,
    parse_methods,
)
from forge_doctor.probes.postgres.look import connect, fetch_rows
from forge_doctor.probes.postgres.pgbouncer import bouncer_console
from forge_doctor.probes.postgres.target import Target
from tests.support.postgres import PostgresServer

PASSWORD = "CANARY"
NOTHING = {"HOME": "/nonexistent"}
ME = pwd.getpwuid(os.geteuid()).pw_name


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def asks(method: int, more: bytes = b"") -> bytes:
    return message(b"R", struct.pack("!i", method) + more)


SCRAM = asks(10, b"SCRAM-SHA-256\0\0")
LET_IN = asks(0) + message(b"S", b"server_version\x0018.0\0") + message(b"Z", b"I")
Answer = Callable[[bytes], bytes]


class Fake:
    """A server that says what a test wants it to say, and keeps what it was sent."""

    def __init__(self, answers: tuple[bytes | Answer, ...]) -> None:
        self.answers = answers
        self.got = b""
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                size, code = struct.unpack("!ii", await reader.readexactly(8))
                await reader.readexactly(size - 8)
                if code != 80877103:
                    break
                writer.write(b"N")
            for answer in self.answers:
                writer.write(answer(self.got) if callable(answer) else answer)
                self.got += await reader.read(4096)
            await reader.read(4096)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake(*answers: bytes | Answer, query: str = "", at: Path | None = None) -> AsyncIterator[tuple[Fake, Target]]:
    server = Fake(answers)
    if at is not None:
        running = await asyncio.start_unix_server(server.serve, at / ".s.PGSQL.5432")
        dsn = f"postgresql://u:{PASSWORD}@/s?host={at}{query.replace('?', '&')}"
    else:
        running = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        dsn = f"postgresql://u:{PASSWORD}@127.0.0.1:{running.sockets[0].getsockname()[1]}/s{query}"
    try:
        yield server, resolve_targets([dsn], NOTHING)[0]
    finally:
        await asyncio.sleep(0.05)  # until whoever knocked was let in
        running.close()
        for writer in server.writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)  # until they are closed


async def by_driver(target: Target) -> object:
    connection = await connect(target, connect_timeout_s=3)
    try:
        return await fetch_rows(connection, "SELECT 1")
    finally:
        connection.close()


async def by_console(target: Target) -> object:
    return await bouncer_console(target, limit_s=3)


both = pytest.mark.parametrize("look", [by_driver, by_console])
Look = Callable[[Target], Awaitable[object]]


@both
@pytest.mark.parametrize(
    ("query", "asked", "said"),
    [
        ("", asks(3), "in clear"),
        ("?sslmode=disable", asks(3), "in clear"),
        ("?require_auth=scram-sha-256", asks(3), "asks for password"),
        ("?require_auth=scram-sha-256", asks(5, b"salt"), "asks for md5"),
        ("?require_auth=!md5", asks(5, b"salt"), "asks for md5"),
        ("?require_auth=scram-sha-256", asks(0), "without asking"),
        ("?require_auth=md5,scram-sha-256", asks(9), "asks for sspi"),
        ("", asks(77), "77"),
    ],
)
async def test_a_demand_that_is_ruled_out_gets_nothing(look: Look, query: str, asked: bytes, said: str) -> None:
    async with fake(asked, query=query) as (server, target):
        with pytest.raises(CannotInspect, match=said):
            await look(target)
        await asyncio.sleep(0.05)
    assert server.got == b""


@both
async def test_a_password_in_clear_is_sent_where_that_is_allowed(look: Look) -> None:
    async with fake(asks(3), LET_IN, query="?require_auth=password") as (server, target):
        with pytest.raises(CannotInspect):  # it knows no statement
            await look(target)
    assert PASSWORD.encode() in server.got


@both
async def test_a_socket_of_this_host_is_read_by_nobody_else(look: Look, tmp_path: Path) -> None:
    async with fake(asks(3), LET_IN, at=tmp_path) as (server, target):
        with pytest.raises(CannotInspect):
            await look(target)
    assert PASSWORD.encode() in server.got


@both
@pytest.mark.parametrize(("peer", "ours"), [(ME, True), ("nobody-else", False)])
async def test_a_socket_of_somebody_else_gets_nothing(look: Look, peer: str, ours: bool, tmp_path: Path) -> None:
    async with fake(asks(3), LET_IN, at=tmp_path, query=f"?requirepeer={peer}") as (server, target):
        with pytest.raises(CannotInspect, match="." if ours else f"requirepeer={peer}"):
            await look(target)
    assert (PASSWORD.encode() in server.got) is ours


def first(count: bytes) -> Answer:
    """The server's first message of the exchange, with its number of iterations."""
    return lambda got: asks(11, b"r=" + got.split(b"r=")[-1] + b"X,s=c2FsdA==,i=" + count)


@both
@pytest.mark.parametrize("count", [b"2000000000", b"abc", b"-1", b"", b"99999999999999999999"])
async def test_iterations_without_end_are_not_begun(look: Look, count: bytes) -> None:
    async with fake(SCRAM, first(count)) as (_, target):
        with pytest.raises(CannotInspect, match="password exchange"):
            await look(target)


ODD = (
    asks(11, b"r=x"),
    asks(12, b""),
    message(b"R", b""),
    message(b"R", b"\0"),
    b"R\x00\x00\x00\x00",
    b"R\x7f\xff\xff\xff",
    message(b"E", b""),
    message(b"E", b"Mno \xff text\0\0"),
    message(b"E", b"C28P01"),
    asks(0) + message(b"S", b"server_version\0\0") + message(b"Z", b"I"),
    asks(0) + message(b"S", b"server_version\0words\0") + message(b"Z", b"I"),
    asks(0) + message(b"S", b"\xff\xfe"),
    asks(0) + message(b"K", b"1"),
    LET_IN + message(b"T", b"\x00\x05x") + message(b"Z", b"I"),
    LET_IN + message(b"T", b"\x00\x01x\0" + b"\0" * 18) + message(b"D", b"\x00\x02") + message(b"Z", b"I"),
    LET_IN + message(b"D", b"\x00\x01\x00\x00\xff\xff") + message(b"Z", b"I"),
    b"\x00" * 100,
    b"\xff" * 5000,
)


@both
@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_what_is_no_protocol_is_said(look: Look, answer: bytes) -> None:
    async with fake(answer) as (_, target):
        with pytest.raises(CannotInspect):
            await look(target)


@both
async def test_a_server_that_drips_is_left_in_time(look: Look) -> None:
    dripping: dict[asyncio.StreamWriter, asyncio.Event] = {}

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dripping[writer] = asyncio.Event()
        writer.write(b"N")
        while not writer.is_closing():
            writer.write(asks(0)[:1])
            await asyncio.sleep(0.1)
        dripping[writer].set()

    running = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        target = resolve_targets([f"postgresql://u:p@127.0.0.1:{running.sockets[0].getsockname()[1]}/s"], NOTHING)[0]
        async with asyncio.timeout(20):
            with pytest.raises(CannotInspect):
                await look(target)
    finally:
        running.close()
        for writer, ended in dripping.items():
            writer.transport.abort()
            await ended.wait()
        await asyncio.sleep(0)  # until the transports are closed


@pytest.mark.parametrize(
    ("query", "environ"),
    [
        ("?channel_binding=require", {}),
        ("?gssencmode=require", {}),
        ("?sslcrldir=/etc", {}),
        ("?sslcertmode=require", {}),
        ("?require_auth=kerberos", {}),
        ("?require_auth=md5,!password", {}),
        ("?ssl_min_protocol_version=SSLv3", {}),
        ("?sslcrl=/no/such/file", {}),
        ("", {"PGCHANNELBINDING": "require"}),
        ("", {"PGREQUIREAUTH": "kerberos"}),
        ("", {"PGGSSENCMODE": "require"}),
        ("", {"PGSSLCRLDIR": "/etc"}),
        ("", {"PGSSLMINPROTOCOLVERSION": "1.2"}),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(query: str, environ: dict[str, str]) -> None:
    written = f"postgresql://u:p@h/s{query}"
    with pytest.raises(UsageProblem, match="|".join([*environ, query.strip("?").partition("=")[0] or "-"])):
        resolve_targets([written], {**NOTHING, **environ})


def test_what_asks_for_nothing_is_accepted() -> None:
    query = "?channel_binding=prefer&gssencmode=prefer&require_auth=!password,!md5&ssl_min_protocol_version=TLSv1.3"
    (target,) = resolve_targets([f"postgresql://u:p@h/s{query}"], {**NOTHING, "PGREQUIREPEER": "postgres"})
    assert target.rules.methods == {"none", "gss", "sspi", "scram-sha-256", "oauth"}
    assert (target.rules.peer, target.tls.oldest) == ("postgres", "TLSv1.3")


async def test_a_real_server_lets_in_under_strict_rules(postgres15: PostgresServer) -> None:
    (target,) = resolve_targets([postgres15.dsn() + "?require_auth=scram-sha-256"], NOTHING)
    connection = await connect(target)
    try:
        assert await fetch_rows(connection, "SELECT 1 AS one") == ({"one": 1},)
    finally:
        connection.close()


def test_messages_are_taken_apart_however_they_arrive() -> None:
    stream = asks(3) + message(b"S", b"a\0b\0") + message(b"Z", b"I") + b"rest that nobody reads"
    for step in (1, 2, 5, 7, 100):
        messages = Messages()
        found = [one for at in range(0, len(stream), step) for one in messages.feed(stream[at : at + step])]
        assert [kind for kind, _ in found] == [b"R", b"S", b"Z"]
        assert messages.done


@pytest.mark.parametrize(
    ("written", "methods"),
    [("", set()), ("md5", {"md5"}), ("scram-sha-256, md5", {"md5", "scram-sha-256"})],
)
def test_methods_are_those_written(written: str, methods: set[str]) -> None:
    assert parse_methods(written) == methods


def test_messages_are_told_with_their_bodies_to_the_byte() -> None:
    sent = [(b"R", b"abcdefg"), (b"S", b""), (b"K", b"x" * (LARGEST_MESSAGE - 4)), (b"Z", b"I")]
    stream = b"".join(message(*one) for one in sent)
    assert list(Messages().feed(stream)) == sent
    # An empty one is complete with its fifth byte.
    assert list(Messages().feed(message(b"S", b""))) == [(b"S", b"")]


@pytest.mark.parametrize("size", [3, -5, LARGEST_MESSAGE + 1])
def test_a_size_that_no_message_has_is_no_message(size: int) -> None:
    with pytest.raises(ValueError, match=f"a message of {size} bytes"):
        list(Messages().feed(b"R" + struct.pack("!i", size)))


@pytest.mark.parametrize(
    ("count", "said"), [(MOST_ITERATIONS, ""), (MOST_ITERATIONS + 1, "asks for 1,000,001 iterations")]
)
def test_a_million_iterations_are_begun_and_no_more(count: int, said: str) -> None:
    body = struct.pack("!i", 11) + b"r=x,s=c2FsdA==,i=%d" % count
    told = LoginRules().refusal(body, is_private=True, authenticated=False)
    assert told.endswith(said)
    assert bool(told) == bool(said)


# OK, a password in clear, md5, SCRAM, something unknown, and a message too short to be one.
ASKED = {b: struct.pack("!i", b) for b in (0, 3, 5, 10, 99)} | {-1: b"\0"}


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("authenticated", [True, False])
@pytest.mark.parametrize("written", ["", "password", "md5", "scram-sha-256", "none", "!password", "password,none"])
def test_who_is_answered(written: str, authenticated: bool, private: bool) -> None:
    rules = LoginRules(methods=parse_methods(written))
    answered = {
        asked
        for asked, body in ASKED.items()
        if not rules.refusal(body, is_private=private, authenticated=authenticated)
    }
    named = {
        "": {3, 5, 10, 99, -1},
        "password": {3},
        "md5": {5},
        "scram-sha-256": {10},
        "none": set(),
        "!password": {5, 10},
    }
    wanted = set(named.get(written, {3}))
    if not private and "password" not in rules.methods:
        wanted.discard(3)  # in clear, and somebody may read along
    if authenticated or not written or "none" in rules.methods:
        wanted.add(0)
    assert answered == wanted
