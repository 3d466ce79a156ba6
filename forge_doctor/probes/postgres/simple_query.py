"""PostgreSQL's simple query protocol, for servers that speak no other (pgbouncer's console); it runs what it is given.

Values come as the server's text. Everything else goes through the driver (`postgres.py`).

Why not psycopg, which speaks it: libpq 18 (psycopg 3.3.9) computes as many iterations of SCRAM as a server asks for in one
call that no timeout ends; asked for two billion it was still at it 40 s into `connect_timeout=3`. Here the number is
judged before anything is computed (`login_rules`). asyncpg gives no rows of the simple protocol.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager, suppress

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres import errors
from forge_doctor.probes.postgres.errors import ServerError
from forge_doctor.probes.postgres.greeting import SSL_REQUEST, open_stream
from forge_doctor.probes.postgres.login_rules import (
    CLEARTEXT,
    LARGEST_MESSAGE,
    MD5,
    SASL,
    SASL_CONTINUE,
    SASL_FINAL,
    LoginRefused,
)
from forge_doctor.probes.postgres.scram import MECHANISM, ScramProblem, md5_answer, scram
from forge_doctor.probes.postgres.target import Secret, SslMode, Target, Tls
from forge_doctor.probes.postgres.watched_login import owner_of
from forge_doctor.redaction import redact

PROTOCOL_3 = 3 << 16
PROTOCOLS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}

TextRow = Mapping[str, str | None]


class StatementRefused(Exception):
    """The server answered a statement with an error; the session goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleSession:
    """An authenticated session; one statement at a time."""

    target: Target
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)

    async def query(self, statement: str) -> tuple[TextRow, ...]:
        """The rows of one statement; raises `StatementRefused` with the server's sentence."""
        self.send(b"Q", statement.encode() + b"\0")
        names: tuple[str, ...] = ()
        rows: list[TextRow] = []
        refusal = ""
        while (message := await self.receive())[0] != b"Z":
            kind, body = message
            if kind == b"T":
                names = _column_names(body)
            elif kind == b"D":
                rows.append(dict(zip(names, _values(body), strict=True)))
            elif kind == b"E":
                refusal = _server_error(body).message
        if refusal:
            raise StatementRefused(refusal)
        return tuple(rows)

    def send(self, kind: bytes, body: bytes) -> None:
        """One message; the start-up message has no kind."""
        self.writer.write(kind + struct.pack("!i", len(body) + 4) + body)

    async def receive(self) -> tuple[bytes, bytes]:
        """The next message."""
        kind, size = struct.unpack("!ci", await self.reader.readexactly(5))
        if not 4 <= size <= LARGEST_MESSAGE:
            raise errors.not_postgres(self.target, "something else answers there")
        return kind, await self.reader.readexactly(size - 4)


@asynccontextmanager
async def simple_session(target: Target, limit_s: float) -> AsyncIterator[SimpleSession]:
    """A session on the target's first host; everything in the block has `limit_s` in all.

    Raises `CannotInspect` as `postgres.connect` does.
    """
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(limit_s):
            reader, writer = await open_stream(target.hosts[0])
            owner, peer = owner_of(writer), target.rules.peer
            if owner and peer and owner != peer:
                raise LoginRefused(
                    f"{target.label}: the server's socket belongs to {owner}, and requirepeer={peer} rules that out"
                )
            session = SimpleSession(target=target, reader=reader, writer=writer)
            await _encrypt(session)
            await _log_in(session)
            yield session
            session.send(b"X", b"")
    except TimeoutError:
        raise errors.timed_out(target, limit_s, "no answer to the login or to a statement") from None
    except ssl.SSLError as error:
        raise errors.certificate_problem(target, str(error)) from None
    except OSError as error:
        raise errors.refused_network(target, error) from None
    except ScramProblem as problem:
        raise CannotInspect(f"{target.label}: the password exchange failed: {problem}") from None
    except (struct.error, ValueError, LookupError, TypeError) as error:
        raise errors.unreadable(target, error) from None
    except asyncio.IncompleteReadError:
        raise errors.refused_network(target, ConnectionResetError("the server closed it")) from None
    finally:
        if writer is not None:
            writer.close()


async def _encrypt(session: SimpleSession) -> None:
    tls = session.target.tls
    host = session.target.hosts[0]
    if host.is_socket or tls.mode in (SslMode.DISABLE, SslMode.ALLOW):
        return
    session.writer.write(SSL_REQUEST)
    answer = await session.reader.read(64)  # more than the one byte is somebody else's, or smuggled in
    if answer == b"S":
        await session.writer.start_tls(tls_context(tls), server_hostname=host.name)
    elif not answer:
        raise ConnectionResetError("the server closed it")
    elif answer != b"N":
        raise errors.not_postgres(session.target, "something else answers there")
    elif tls.mode.demanded:
        raise errors.no_tls(session.target)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """What sslmode asks for: a certificate is verified from `verify-ca` on, or where its authority is given."""
    verified = tls.mode.demanded and (tls.mode is not SslMode.REQUIRE or bool(tls.root_cert))
    context = ssl.create_default_context() if verified else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.oldest:
        context.minimum_version = PROTOCOLS[tls.oldest]
    if tls.newest:
        context.maximum_version = PROTOCOLS[tls.newest]
    if verified and tls.revoked:
        context.load_verify_locations(tls.revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    context.check_hostname = tls.mode is SslMode.VERIFY_FULL
    context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    if verified and tls.root_cert and tls.root_cert != "system":
        context.load_verify_locations(tls.root_cert)
    if tls.cert:
        password = tls.key_password.reveal() if tls.key_password else ""
        context.load_cert_chain(tls.cert, tls.key or None, password)
    return context


async def _log_in(session: SimpleSession) -> None:
    target = session.target
    parameters = ("user", target.user, "database", target.database, "application_name", "forge-doctor", "")
    session.send(b"", struct.pack("!i", PROTOCOL_3) + b"".join(part.encode() + b"\0" for part in parameters))
    password = target.hosts[0].password or Secret("")
    exchange = scram(password)
    private = target.hosts[0].is_socket or session.writer.get_extra_info("ssl_object") is not None
    asked = False
    while (message := await session.receive())[0] != b"Z":
        kind, body = message
        if kind == b"E":
            raise errors.refused_session(target, _server_error(body))
        if kind == b"R":
            why = target.rules.refusal(body, is_private=private, authenticated=asked)
            if why:
                raise LoginRefused(f"{target.label}: {why}")
            asked = True
            _authenticate(session, body, password, exchange)


def _authenticate(
    session: SimpleSession, body: bytes, password: Secret, exchange: Generator[bytes, bytes, None]
) -> None:
    (asked,) = struct.unpack("!i", body[:4])
    if asked == CLEARTEXT:
        session.send(b"p", password.reveal().encode() + b"\0")
    elif asked == MD5:
        session.send(b"p", md5_answer(session.target.user, password, body[4:8]) + b"\0")
    elif asked == SASL:
        first = next(exchange)
        session.send(b"p", MECHANISM.encode() + b"\0" + struct.pack("!i", len(first)) + first)
    elif asked == SASL_CONTINUE:
        session.send(b"p", exchange.send(body[4:]))
    elif asked == SASL_FINAL:
        with suppress(StopIteration):  # the generator's return: the server has proved itself
            exchange.send(body[4:])
    elif asked != 0:
        raise CannotInspect(f"{session.target.label}: asks for authentication method {asked}, which is not supported")


def _server_error(body: bytes) -> ServerError:
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    return ServerError(
        sqlstate=fields.get(b"C", ""), message=redact(fields.get(b"M", "")), routine=fields.get(b"R", "")
    )


def _column_names(body: bytes) -> tuple[str, ...]:
    (count,) = struct.unpack("!h", body[:2])
    names, position = [], 2
    for _ in range(count):
        end = body.index(b"\0", position)
        names.append(body[position:end].decode(errors="replace"))
        position = end + 19  # table, column, type, size, modifier, format
    return tuple(names)


def _values(body: bytes) -> tuple[str | None, ...]:
    (count,) = struct.unpack("!h", body[:2])
    values: list[str | None] = []
    position = 2
    for _ in range(count):
        (size,) = struct.unpack("!i", body[position : position + 4])
        position += 4
        values.append(None if size < 0 else body[position : position + size].decode(errors="replace"))
        position += max(size, 0)
    return tuple(values)
