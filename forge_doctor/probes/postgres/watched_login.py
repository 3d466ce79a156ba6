"""An event loop for the driver in which a server's demands are judged before the driver sees and answers them.

The driver answers whatever it is asked for, with the password in clear if need be. What it is given as its loop is the
running one, but for connections: the bytes of a login pass a watcher, which ends the connection at a demand that the
rules forbid, and later at an answer without end.
"""

from __future__ import annotations

import asyncio
import pwd
import socket
import struct
from collections.abc import Callable
from typing import Any

from forge_doctor.probes.postgres.answer_size import AnswerSize
from forge_doctor.probes.postgres.login_rules import LoginRules, Messages


class WatchedLoop:
    """The running loop; `refusal` says why a login was ended, empty where none was."""

    def __init__(self, rules: LoginRules) -> None:
        self._loop = asyncio.get_running_loop()
        self._rules = rules
        self.refusal = ""
        self.answer = AnswerSize()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(self, factory: Callable[[], Any], *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """As the loop's own."""
        watched = self._watched(factory, private=bool(options.get("ssl")))
        transport, watcher = await self._loop.create_connection(watched, *arguments, **options)
        return _Transport(transport, self, private=False), watcher.driver

    async def create_unix_connection(self, factory: Callable[[], Any], path: str) -> tuple[Any, Any]:
        """As the loop's own."""
        transport, watcher = await self._loop.create_unix_connection(self._watched(factory, private=True), path)
        return _Transport(transport, self, private=True), watcher.driver

    async def start_tls(self, transport: _Transport, protocol: Any, *arguments: Any, **options: Any) -> Any:
        """As the loop's own."""
        encrypted = await self._loop.start_tls(transport.real, protocol, *arguments, **options)
        return None if encrypted is None else _Transport(encrypted, self, private=True)

    def watch(self, protocol: Any, *, private: bool) -> _Watcher:
        """What is put before a protocol of the driver's."""
        return _Watcher(protocol, self._rules, self, private=private)

    def _watched(self, factory: Callable[[], Any], *, private: bool) -> Callable[[], _Watcher]:
        return lambda: self.watch(factory(), private=private)

    def refuse(self, why: str) -> None:
        """Keep the first reason."""
        self.refusal = self.refusal or why


class _Transport:
    """A transport whose next protocol is watched as well: the driver changes it after the TLS handshake."""

    def __init__(self, real: Any, loop: WatchedLoop, *, private: bool) -> None:
        self.real = real
        self._loop = loop
        self._private = private

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def set_protocol(self, protocol: Any) -> None:
        """As the transport's own."""
        watcher = self._loop.watch(protocol, private=self._private)
        watcher.transport = self.real  # which makes no connection known to a later protocol
        self.real.set_protocol(watcher)


class _Watcher(asyncio.Protocol):
    """Hands on to the driver's protocol what the rules allow."""

    def __init__(self, driver: Any, rules: LoginRules, loop: WatchedLoop, *, private: bool) -> None:
        self.driver = driver
        self._rules = rules
        self._loop = loop
        self._private = private
        self._messages = Messages()
        self._asked = False
        # Before TLS the server sends one byte, which is no message.
        self._is_login = type(driver).__name__ == "Protocol"
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """The driver's first message goes out here: a socket of somebody else gets none."""
        self.transport = transport
        owner = owner_of(transport) if self._rules.peer else ""
        if owner and owner != self._rules.peer:
            self._end(f"the server's socket belongs to {owner}, and requirepeer={self._rules.peer} rules that out")
            return
        self.driver.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Once the login is over, everything passes unread, to the size of an answer."""
        if self._is_login and not self._loop.answer.add(data):
            self._end("its answer has no end")
            return
        if self._is_login and not self._messages.done:
            why = self._judged(data)
            if why is not None:
                self._end(why)
                return
        self.driver.data_received(data)

    def _judged(self, data: bytes) -> str | None:
        """Why the connection is ended; empty for what is no protocol, which the caller finds out more of."""
        try:
            for kind, body in self._messages.feed(data):
                if kind == b"R":
                    why = self._rules.refusal(body, is_private=self._private, authenticated=self._asked)
                    if why:
                        return why
                    self._asked = True
                elif (
                    kind == b"S"
                    and body.startswith(b"server_version\0")
                    and not any(map(str.isdigit, body.decode("latin-1")))
                ):
                    return "the server's answer cannot be read: it names no version"
        except ValueError:
            return ""
        return None

    def _end(self, why: str) -> None:
        self._loop.refuse(why)
        if self.transport is not None:
            self.transport.abort()
        elif hasattr(self.driver, "connection_lost"):
            self.driver.connection_lost(ConnectionAbortedError(why))

    def connection_lost(self, error: Exception | None) -> None:
        """As the driver's."""
        self.driver.connection_lost(error)

    def eof_received(self) -> bool | None:
        """As the driver's."""
        kept: bool | None = self.driver.eof_received()
        return kept

    def pause_writing(self) -> None:
        """As the driver's."""
        self.driver.pause_writing()

    def resume_writing(self) -> None:
        """As the driver's."""
        self.driver.resume_writing()


def owner_of(transport: Any) -> str:
    """Who runs the process at the other end of a Unix socket; empty for any other connection."""
    end = transport.get_extra_info("socket")
    if end is None or end.family != socket.AF_UNIX:
        return ""
    _, uid, _ = struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
