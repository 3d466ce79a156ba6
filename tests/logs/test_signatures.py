"""Each signature is whole, agrees with itself, recognises its own words, and only where they are said in earnest."""

from __future__ import annotations

import re

import pytest

from forge_doctor.logs.match import catalogue
from forge_doctor.logs.signature import Signature, load_signatures
from tests.support.log_reading import told

SIGNATURES = load_signatures()
# What each message looks like where the pattern is more than its literal.
SAID = {
    "client-lost": "could not receive data from client: Connection reset by peer",
    "pgbouncer-login-timeout": "C-0x55: shop/app@10.0.0.9:4711 pooler error: client_login_timeout",
    "cached-plan": "cached plan must not change result type",
    "inspect-async-engine": "Inspection on an AsyncEngine is currently not supported.",
    "not-yet-accepting": "the database system is not yet accepting connections",
    "coroutine-never-awaited": "coroutine 'AsyncSession.commit' was never awaited",
    "coroutine-not-iterable": "'coroutine' object is not iterable",
    "illegal-state-change": "Method 'close()' can't be called here; method 'commit()' is already in progress",
    "session-prepared-state": "This session is in 'prepared' state; no further SQL can be emitted",
    "stale-data": "UPDATE statement on table 'orders' expected to update 1 row(s); 0 were matched.",
    "asyncpg-connection-closed": "cannot perform operation: connection is closed",
    "asyncpg-pool-closing": "asyncpg.exceptions._base.InterfaceError: pool is closing",
    "connect-refused": "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
    "prepared-exists": 'prepared statement "__asyncpg_stmt_1__" already exists',
    "prepared-missing": 'prepared statement "__asyncpg_stmt_5__" does not exist',
    "pgbouncer-query-wait": "asyncpg.exceptions.ProtocolViolationError: query_wait_timeout",
    "no-database": 'database "shopdb" does not exist',
    "network-unreachable": "OSError: [Errno 101] Network is unreachable",
    "role-missing": 'role "shop" does not exist',
    "extension-missing": 'extension "vector" is not available',
    "vector-dimensions": "expected 1536 dimensions, not 768",
    "undefined-table": 'relation "orders" does not exist',
    "psycopg-connection-closed": "psycopg.OperationalError: the connection is closed",
    "worker-signal-old": "Worker with pid 77 was terminated due to signal 9",
    "uvicorn-worker-died": "Child process [123] died",
    "greenlet-other-thread": "Cannot switch to a different thread",
    "invalid-query-argument": "invalid input for query argument $2: 'five' (expected int, got str)",
    "naive-aware-datetime": "invalid input for query argument $1: datetime.datetime(2026, 1, 1, 0, 0) "
    "(can't subtract offset-naive and offset-aware datetimes)",
    "pooler-max-clients": "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited",
    "startup-parameter-refused": "unsupported startup parameter: jit",
    "compute-not-ready": "Couldn't connect to compute node",
    "password-failed": 'password authentication failed for user "shop"',
    "hang-dumped": "Timeout (0:00:05)!",
    "slow-callback": "Executing <Task pending name='Task-7' coro=<read_order() running at /app/x.py:3>> took 0.312 seconds",
    "table-exists": 'relation "orders" already exists',
    "insufficient-privilege": "permission denied for table orders",
    "invalid-connect-option": "TypeError: connect() got an unexpected keyword argument 'sslmode'",
    "fork-shared-connection": "SSL error: decryption failed or bad record mac",
    "worker-stopped": "Worker (pid:9) was sent SIGTERM!",
    "certificate-not-verified": "connection to server at 10.0.0.1, port 5432 failed: SSL error: certificate verify failed",
}
PLAIN = [one for one in SIGNATURES.values() if not one.shape]
TEXTUAL = [one for one in PLAIN if not one.frames or one.alone]


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_recognises_its_words_and_says_what_to_do(signature: Signature):
    said = SAID.get(signature.id, signature.literals[0])
    assert signature.shape or re.search(signature.pattern, said)
    assert any(literal in said for literal in signature.literals), "the scanner would miss it"
    assert all((signature.meaning, signature.cause, signature.fix, signature.doc.startswith("https://")))
    for part in ("Means: ", "Matches: ", "Ignores: ", "Source: "):
        assert part in signature.manual
    for other in signature.explained_by:
        assert other in SIGNATURES
    for _, pattern in signature.numbers:
        assert re.compile(pattern).groups == 1


@pytest.mark.parametrize("signature", [one for one in TEXTUAL if not one.wrapper], ids=lambda one: one.id)
def test_its_words_at_error_level_are_the_problem(signature: Signature):
    said = SAID.get(signature.id, signature.literals[0])
    assert [name for name, _, _ in told(f"2026-11-22 08:00:00,000 ERROR [shop] {said}\n")] == [signature.id]


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_its_words_in_quotes_in_an_access_log_or_below_warning_are_none(signature: Signature):
    said = SAID.get(signature.id, signature.literals[0])
    quiet = [f"INFO     [kb] search q='{said}'", f'INFO     [uvicorn.access] 1.2.3.4:5 - "GET /?q={said} HTTP/1.1" 200']
    if not signature.any_level:
        quiet.append(f"DEBUG    [kb] talking about {said}")
    assert told("".join(f"2026-11-22 08:00:00,000 {line}\n" for line in quiet)) == []


@pytest.mark.parametrize("wrapper", [one for one in SIGNATURES.values() if one.wrapper], ids=lambda one: one.id)
def test_a_wrapper_alone_is_no_problem(wrapper: Signature):
    assert told(f"ERROR:    {SAID.get(wrapper.id, wrapper.literals[0])}\n") == []


def test_there_are_all_of_them():
    assert len(SIGNATURES) == 152
    assert {one.tier for one in SIGNATURES.values()} == {1, 2}
    assert catalogue().by_id.keys() == SIGNATURES.keys()


def test_a_user_s_own_error_that_quotes_the_words_is_another_error():
    log = (
        "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n"
        "  File \"/app/kb.py\", line 3, in find\n    raise KeyError(q)\nKeyError: 'deadlock detected'\n"
    )
    assert told(log) == [("KeyError", "/app/kb.py:3 find", 1)]


@pytest.mark.parametrize(
    "file",
    ["site-packages/redis/asyncio/connection.py", "site-packages/websockets/client.py", "lib/python3.12/smtplib.py"],
)
@pytest.mark.parametrize(
    "words", ["[Errno 111] Connect call failed ('127.0.0.1', 9001)", "[WinError 1225] The remote computer refused it"]
)
def test_a_refused_cache_is_no_refused_database(file: str, words: str):
    frames = f'  File "/app/x.py", line 3, in get\n    await cache.get(k)\n  File "/v/{file}", line 9, in connect\n'
    refused = f"ConnectionRefusedError: {words}\n"
    log = "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n" + frames + refused
    assert told(log) == [("ConnectionRefusedError", "/app/x.py:3 get", 1)]


def test_a_leak_s_two_texts_are_one_event_and_two_leaks_two():
    text = "The garbage collector is trying to clean up non-checked-in connection <C object at 0x7f{}>, which will"
    log = "".join(
        f"ERROR:sqlalchemy.pool:{text.format(n)}\n/app/main.py:4{n}: SAWarning: {text.format(n)}\n  x()\n"
        for n in (1, 2)
    )
    assert told(log) == [("gc-unchecked-in", None, 2)]


def test_a_kill_after_a_timeout_is_no_lack_of_memory_and_another_is():
    head = "[2026-11-22 08:34:5{} +0000] [1] [{}] "
    lines = [
        head.format(5, "CRITICAL") + "WORKER TIMEOUT (pid:26)",
        head.format(6, "ERROR") + "Worker (pid:26) was sent SIGKILL! Perhaps out of memory?",
        head.format(7, "ERROR") + "Worker (pid:27) was sent SIGKILL! Perhaps out of memory?",
    ]
    assert sorted(told("\n".join(lines) + "\n")) == [("gunicorn-worker-timeout", None, 1), ("worker-oom", None, 1)]


def test_the_numbers_of_the_message_are_collected():
    from tests.support.log_reading import groups

    text = "ERROR:shop:QueuePool limit of size {} overflow 10 reached, connection timed out, timeout 30.00\n"
    (group,) = groups(text.format(5) + text.format(20))
    assert group.numbers == {"pool_size": {5.0, 20.0}, "overflow": {10.0}, "timeout_s": {30.0}}
