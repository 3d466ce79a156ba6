"""Faults whose words are anybody's are known by the frames they came through; the same words elsewhere are another error."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

SITE = "/usr/local/lib/python3.12/site-packages"
OWN = ("/app/shop/orders.py", 41, "count")
CONNECT = (f"{SITE}/asyncpg/connection.py", 2421, "connect")
OLD_CONNECT = (f"{SITE}/asyncpg/connect_utils.py", 825, "_connect_addr")
STATEMENT = ("asyncpg/protocol/protocol.pyx", 205, "bind_execute")
OLD_STATEMENT = ("asyncpg/protocol/protocol.pyx", 168, "asyncpg.protocol.protocol.BaseProtocol.bind_execute")
CLOSING = ("asyncpg/protocol/protocol.pyx", 617, "close")
POOL = (f"{SITE}/asyncpg/pool.py", 866, "_acquire")
TIMEOUTS = ("TimeoutError", "asyncio.exceptions.TimeoutError", "TimeoutError: ")


def traceback(
    exception: str, *frames: tuple[str, int, str], head: str = "ERROR:    Exception in ASGI application"
) -> str:
    lines = [head, "Traceback (most recent call last):"]
    for file, line, function in frames:
        lines += [f'  File "{file}", line {line}, in {function}', "    await something()"]
    return "\n".join([*lines, exception, ""])


@pytest.mark.parametrize("exception", TIMEOUTS)
@pytest.mark.parametrize(
    ("frames", "signature"),
    [
        ((OWN, CONNECT), "asyncpg-connect-timeout"),
        ((OWN, POOL, CONNECT, OLD_CONNECT), "asyncpg-connect-timeout"),
        ((OWN, STATEMENT), "asyncpg-command-timeout"),
        ((OWN, POOL, OLD_STATEMENT), "asyncpg-command-timeout"),
        ((OWN, POOL), "asyncpg-pool-timeout"),
    ],
)
def test_a_bare_timeout_is_known_by_where_it_came_from(exception, frames, signature):
    assert told(2 * traceback(exception, *frames)) == [(signature, "/app/shop/orders.py:41 count", 2)]


@pytest.mark.parametrize(
    "log",
    [
        traceback("TimeoutError", OWN, (f"{SITE}/httpx/_client.py", 9, "send")),
        traceback("TimeoutError", OWN, CLOSING),
        traceback("redis.exceptions.TimeoutError", OWN, CONNECT),
        # The application's own wait_for(): what it cancelled is asyncpg's, the timeout is not.
        traceback("asyncio.exceptions.CancelledError", STATEMENT)
        + "\nThe above exception was the direct cause of the following exception:\n\n"
        + traceback("TimeoutError", OWN, ("/usr/lib/python3.12/asyncio/timeouts.py", 115, "__aexit__"), head="")[1:],
        "ERROR:shop:TimeoutError\n",
    ],
)
def test_another_timeout_is_none_of_them(log):
    assert [name for name, _, _ in told(log) if name.startswith("asyncpg")] == []


CERTIFICATE = (
    "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
)


def test_a_certificate_is_the_database_s_under_a_driver_s_frame_only():
    ours = traceback(CERTIFICATE, OWN, OLD_CONNECT, ("/usr/lib/python3.12/ssl.py", 977, "do_handshake"))
    other = traceback(CERTIFICATE, OWN, (f"{SITE}/httpcore/_async/connection.py", 9, "connect"))
    assert told(ours) == [("certificate-not-verified", "/app/shop/orders.py:41 count", 1)]
    assert told(other) == [("ssl.SSLCertVerificationError", "/app/shop/orders.py:41 count", 1)]


def test_an_unknown_root_beats_what_follows_from_it_and_a_translation_does_not():
    lost = "asyncpg.exceptions.ConnectionDoesNotExistError: connection was closed in the middle of operation"
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    root = traceback("ssl.SSLError: [SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1000)", OWN, OLD_CONNECT)
    chain = traceback(lost, OWN, STATEMENT, head="")[1:]
    assert told(root + between + chain) == [("ssl.SSLError", "/app/shop/orders.py:41 count", 1)]
    translated = traceback("ConnectionResetError: [Errno 104] Connection reset by peer", OWN, STATEMENT)
    assert [name for name, _, _ in told(translated + between + chain)] != ["ConnectionResetError"]


WAITING = "RuntimeError: readexactly() called while another coroutine is already waiting for incoming data"
STREAMS = ("/usr/lib/python3.12/asyncio/streams.py", 515, "_wait_for_data")


@pytest.mark.parametrize("driver", ["aiomysql", "asyncmy", "aiopg"])
def test_a_connection_that_two_read_from_is_known_by_its_driver(driver):
    through = (f"{SITE}/{driver}/connection.py", 592, "_read_packet")
    shared = ("asyncpg-another-operation", "/app/shop/orders.py:41 count", 2)
    assert told(2 * traceback(WAITING, OWN, through, STREAMS)) == [shared]


def test_two_that_read_from_another_stream_are_none_of_it():
    through = (f"{SITE}/redis/asyncio/connection.py", 592, "read_response")
    assert [name for name, _, _ in told(traceback(WAITING, OWN, through, STREAMS))] == ["RuntimeError"]
