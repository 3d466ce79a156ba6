"""The real Docker Engine behind a listener that passes on only the beginning of a log, then stalls."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.support.listeners import Behaviour, listener

ENGINE = "/var/run/docker.sock"


@contextlib.contextmanager
def stalling_engine(log_bytes: int) -> Iterator[str]:
    """The DOCKER_HOST of an engine that gives at least so many bytes of a log, and no more."""
    with listener(pass_on(log_bytes)) as port:
        yield f"tcp://127.0.0.1:{port}"


def pass_on(log_bytes: int) -> Behaviour:
    """Copy requests to the engine and its answers back; what answers a log's request only so far."""

    def behave(client: socket.socket) -> None:
        engine, asked = socket.socket(socket.AF_UNIX), threading.Event()
        engine.connect(ENGINE)
        threading.Thread(target=_requests, args=(client, engine, asked), daemon=True).start()
        threading.Thread(target=_answers, args=(engine, client, asked, log_bytes), daemon=True).start()

    return behave


def _requests(client: socket.socket, engine: socket.socket, asked: threading.Event) -> None:
    with contextlib.suppress(OSError), engine:
        while request := client.recv(1 << 16):
            if b"/logs?" in request:
                asked.set()
            engine.sendall(request)


def _answers(engine: socket.socket, client: socket.socket, asked: threading.Event, log_bytes: int) -> None:
    given = 0
    with contextlib.suppress(OSError):
        while given <= log_bytes and (answer := engine.recv(1 << 12)):
            client.sendall(answer)
            given += len(answer) * asked.is_set()
