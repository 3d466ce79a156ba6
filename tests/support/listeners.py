"""TCP listeners on loopback that are no PostgreSQL: silent, foreign, or gone in mid-sentence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

Behaviour = Callable[[socket.socket], None]


@contextmanager
def listener(behaviour: Behaviour) -> Iterator[int]:
    """The port of a server that does `behaviour` to each connection and keeps it open."""
    with ExitStack() as accepted, socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.settimeout(2)
                accepted.enter_context(connection)
                behaviour(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            thread.join(timeout=5)


def say_nothing(connection: socket.socket) -> None:
    """Accept and never answer."""


def hang_up(connection: socket.socket) -> None:
    """Accept and close."""
    connection.close()


def greet(greeting: bytes) -> Behaviour:
    """Speak first, as SSH and MySQL do."""
    return lambda connection: connection.sendall(greeting)


def answer_lines(answer: bytes) -> Behaviour:
    """Answer once a line has come, as HTTP and Redis do."""

    def wait_for_line(connection: socket.socket) -> None:
        def talk() -> None:
            received = b""
            try:
                while b"\n" not in received:
                    chunk = connection.recv(100)
                    if not chunk:
                        return
                    received += chunk
                connection.sendall(answer)
            except OSError:
                return

        threading.Thread(target=talk, daemon=True).start()

    return wait_for_line


def hang_after_tls_refusal(connection: socket.socket) -> None:
    """Refuse TLS as PostgreSQL does, then never answer the login."""
    connection.recv(8)
    connection.sendall(b"N")
