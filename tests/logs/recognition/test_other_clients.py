"""What the system says to any client is no fault of a database where the message names another client."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

LINE = "2026-11-22 07:59:41,101 ERROR [shop] {}\n"
OTHERS = [
    "close detected: StreamLostError: (\"Stream connection lost: ConnectionResetError(104, 'Connection reset by peer')\",)",
    "cannot reach amqp://mq:5671: [Errno 111] Connection refused",
    "Kafka bootstrap failed: ConnectionRefusedError: [Errno 111] Connection refused",
    "redis: [Errno -2] Name or service not known",
    "GET https://api.example.org failed: [Errno -3] Temporary failure in name resolution",
]
DATABASES = [
    ("reset-by-peer", "lost: ConnectionResetError(104, 'Connection reset by peer')"),
    ("reset-by-peer", "asyncpg listener for the websocket: ConnectionResetError(104, 'Connection reset by peer')"),
    (
        "connect-refused",
        "no session: [Errno 111] Connection refused (Background on this error at: https://sqlalche.me/e/20/e3q8)",
    ),
    ("connect-refused", "postgresql://db refused the redis worker: [Errno 111] Connection refused"),
]


@pytest.mark.parametrize("message", OTHERS)
def test_another_client_s_is_an_error_nobody_knows(message: str) -> None:
    assert [(signature, count) for signature, _, count in told(LINE.format(message) * 2)] == [("", 2)]


@pytest.mark.parametrize(("signature", "message"), DATABASES)
def test_a_database_s_stays_known(signature: str, message: str) -> None:
    assert told(LINE.format(message)) == [(signature, None, 1)]
