"""What listens where a Docker Engine should, and answers as it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.listeners import listener

ID = "5e" * 32
LISTED = f'[{{"Id": "{ID}", "Names": ["/api"], "State": "running"}}]'
INSPECTED = (
    f'{{"Id": "{ID}", "Name": "/api", "HostConfig": {{"LogConfig": {{"Type": "local"}}}},'
    ' "Config": {"Labels": {}, "Tty": false}, "State": {"Running": true}}'
)
TRUE = {"/version": '{"ApiVersion": "1.44"}', "/containers/json": LISTED, f"/{ID}/json": INSPECTED}


def whole(body: str) -> bytes:
    """An answer as an engine gives it."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body.encode()),
        body.encode(),
    )


@contextmanager
def lying_engine(answers: Mapping[str, str | bytes]) -> Iterator[str]:
    """Its DOCKER_HOST. `answers` by the end of what is asked for, text being a body; the rest is as an engine says it."""
    told = {**TRUE, **answers}

    def behave(connection: socket.socket) -> None:
        threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        try:
            while request := connection.recv(1 << 16):
                asked = request.split()[1].partition(b"?")[0].decode()
                answer = next(value for end, value in told.items() if asked.endswith(end))
                connection.sendall(answer if isinstance(answer, bytes) else whole(answer))
        except OSError:
            pass

    with listener(behave) as port:
        yield f"tcp://127.0.0.1:{port}"
