"""What programs say in their own order or twice over: each failure counts once, at its line."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

REFUSED = (
    "(psycopg2.OperationalError) FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"
)
FRAMES = '  File "/var/task/orders/handler.py", line 12, in lambda_handler\n    rows = db.execute(q)\n'


@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("blank", [" ", "\u00a0"])
def test_lambda_names_the_exception_before_its_traceback(end: str, blank: str) -> None:
    trace = "\nTraceback (most recent call last):\n" + FRAMES.replace("  ", 2 * blank)
    log = f"START RequestId: 4c1a\n[ERROR] OperationalError: {REFUSED}{trace.rstrip().replace(chr(10), end)}\nEND RequestId: 4c1a\n"
    assert told(log) == [("slots-reserved", "/var/task/orders/handler.py:12 lambda_handler", 1)]


def test_the_pooler_tells_each_client_it_refuses_twice() -> None:
    log = ""
    for port in (5001, 5002, 5003):
        client = f"C-0x55d0: shop/shop@10.0.0.7:{port}"
        reason = "no more connections allowed (max_client_conn)"
        log += f"2026-11-22 08:00:01.100 UTC [1] LOG {client} closing because: {reason} (age=0s)\n"
        log += f"2026-11-22 08:00:01.100 UTC [1] WARNING {client} pooler error: {reason}\n"
    assert told(log) == [("pgbouncer-max-client", None, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) timeout expired",
        "psycopg2.OperationalError: timeout expired",
        "psycopg2.OperationalError: could not connect to server: Connection timed out\n\tIs the server running on host",
    ],
)
def test_what_libpq_said_before_it_named_the_server(text: str) -> None:
    log = f"ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n{FRAMES}{text}\n"
    assert told(log) == [("connect-timeout", "/var/task/orders/handler.py:12 lambda_handler", 1)]


def test_celerys_level_stands_before_a_process() -> None:
    log = "[2026-11-22 08:00:01,000: CRITICAL/MainProcess] consumer: gave up on the broker\n" * 2
    assert [count for *_, count in told(log)] == [2]


def test_asyncpgs_advice_counts_at_any_level() -> None:
    log = '[INFO] fetch: failed for a.example: prepared statement "__asyncpg_stmt_1__" does not exist\nHINT:  \n'
    assert told(log) == [("prepared-missing", None, 1)]
