"""Tells what listens at an address that gave no PostgreSQL session; it sends no credentials."""

from __future__ import annotations

import asyncio
import socket
import threading
from enum import StrEnum

from forge_doctor.probes.postgres.target import Host

SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
KNOWN = {b"SSH-": "an SSH server", b"HTTP/": "an HTTP server", b"<": "an HTTP server", b"-": "a Redis server"}
MYSQL_SIGNS = (b"mysql", b"MariaDB", b"caching_sha2")


class Listener(StrEnum):
    """How an address answers; the text is what the user reads."""

    POSTGRES = "a PostgreSQL server answers there but did not finish the login (overloaded, or a pooler without slots)"
    SILENT = "something accepts connections there and never answers"
    ABSENT = "nothing answers there (host down, or a firewall drops the packets)"
    FOREIGN = "something else answers there"


async def identify(host: Host, limit_s: float) -> tuple[Listener, str]:
    """What listens there, and its description; takes at most `limit_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    try:
        async with asyncio.timeout_at(deadline):
            reader, writer = await open_stream(host)
    except OSError:  # TimeoutError is one
        return Listener.ABSENT, Listener.ABSENT
    try:
        answer = b""
        # A line ends the request for servers that read lines; PostgreSQL has answered before.
        for request in (SSL_REQUEST, b"\r\n\r\n"):
            writer.write(request)
            answer = answer or await _read(reader, (deadline - loop.time()) / 2)
        return _judge(answer)
    finally:
        writer.transport.abort()


async def open_stream(host: Host) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the address, TCP or Unix socket."""
    if host.is_socket:
        return await asyncio.open_unix_connection(f"{host.name}/.s.PGSQL.{host.port}")
    await resolve(host)
    return await asyncio.open_connection(host.name, host.port)


async def resolve(host: Host) -> None:
    """Look the name up in a thread that does not keep the process alive, as the event loop's own would."""
    if host.is_socket or host.name == "localhost" or _is_number(host.name):
        return
    loop = asyncio.get_running_loop()
    done: asyncio.Future[OSError | None] = loop.create_future()

    def report(problem: OSError | None) -> None:
        if not done.done():
            done.set_result(problem)

    def look_up() -> None:
        problem: OSError | None = None
        try:
            socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            problem = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "not a host name")
        if not loop.is_closed():
            loop.call_soon_threadsafe(report, problem)

    threading.Thread(target=look_up, daemon=True).start()
    problem = await done
    if problem is not None:
        raise problem


def _is_number(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name.partition("%")[0])
        except OSError:
            continue
        return True
    return False


async def _read(reader: asyncio.StreamReader, limit_s: float) -> bytes:
    try:
        async with asyncio.timeout(limit_s):
            return await reader.read(200)
    except OSError:
        return b""


def _judge(answer: bytes) -> tuple[Listener, str]:
    if answer in (b"S", b"N") or answer.startswith(b"E\x00"):
        return Listener.POSTGRES, Listener.POSTGRES
    if not answer:
        return Listener.SILENT, Listener.SILENT
    if any(sign in answer for sign in MYSQL_SIGNS):
        return Listener.FOREIGN, "a MySQL server answers there"
    for start, name in KNOWN.items():
        if answer.startswith(start):
            return Listener.FOREIGN, f"{name} answers there"
    return Listener.FOREIGN, Listener.FOREIGN
