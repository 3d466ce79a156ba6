"""Lines as drivers and servers write them: what groups as one fault, and what only sounds like it."""

from __future__ import annotations

import pytest

from tests.support.log_reading import groups, told

SQLALCHEMY = "sqlalchemy.exc.{}: (sqlalchemy.dialects.postgresql.asyncpg.{}) <class 'asyncpg.exceptions.{}'>: {}"
LIBPQ = 'connection to server at "pooler.example.org" (10.9.8.7), port 6543 failed: FATAL:  {}'


def raised(exception: str) -> str:
    return (
        "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n"
        f'  File "/app/shop/orders.py", line 7, in create\n    await session.flush()\n{exception}\n'
    )


@pytest.mark.parametrize(
    ("signature", "messages"),
    [
        (
            "unique-violation",
            [
                SQLALCHEMY.format(
                    "IntegrityError",
                    "IntegrityError",
                    "UniqueViolationError",
                    'duplicate key value violates unique constraint "orders_pkey"\nDETAIL:  Key (id)=(4) already exists.',
                ),
                "sqlite3.IntegrityError: UNIQUE constraint failed: orders.id",
            ],
        ),
        (
            "connect-refused",
            [
                "ConnectionRefusedError: [WinError 1225] Der Remotecomputer hat die Verbindung abgelehnt",
                (
                    "psycopg.OperationalError: connection failed: Connection refused\n"
                    "\tIs the server running on that host and accepting TCP/IP connections?"
                ),
            ],
        ),
        (
            "dns-failure",
            [
                'psycopg2.OperationalError: could not translate host name "db" to address: No address associated with hostname',
                "socket.gaierror: [Errno -5] No address associated with hostname",
            ],
        ),
        (
            "foreign-key-violation",
            [
                'asyncpg.exceptions.ForeignKeyViolationError: row on table "a" violates foreign key constraint "a_b_fkey"',
                'psycopg.errors.ForeignKeyViolation: update or delete on table "b" violates foreign key constraint "x"',
            ],
        ),
        (
            "naive-aware-datetime",
            [
                SQLALCHEMY.format(
                    "DBAPIError",
                    "Error",
                    "DataError",
                    f"invalid input for query argument ${n}: datetime.datetime(2026, 3, 8, 21, 9, 23,... "
                    "(can't subtract offset-naive and offset-aware datetimes)",
                )
                for n in (1, 7)
            ],
        ),
        (
            "pooler-max-clients",
            [
                'psql: error: connection to server on socket "/x/.s.PGSQL.5432" failed: FATAL:  Sorry, too many clients already',
                "psycopg2.OperationalError: " + LIBPQ.format("Max client connections reached"),
                "psycopg2.OperationalError: "
                + LIBPQ.format("MaxClientsInSessionMode: max clients reached - in Session mode"),
                "asyncpg.exceptions.InternalServerError: (EMAXCONN) max client connections reached, limit: 200",
                "psycopg.OperationalError: Timed-out waiting to acquire database connection",
                "asyncpg.exceptions.SystemError: could not get connection from the pool - AllServersDown",
            ],
        ),
        (
            "startup-parameter-refused",
            [
                "asyncpg.exceptions.ProtocolViolationError: unsupported startup parameter: jit",
                "psycopg2.OperationalError: " + LIBPQ.format("unsupported startup parameter in options: search_path"),
                "psycopg2.OperationalError: "
                + LIBPQ.format("Feature not supported: RDS Proxy currently doesn\u2019t support command-line options."),
            ],
        ),
        (
            "compute-not-ready",
            [
                "asyncpg.exceptions.InternalServerError: Couldn't connect to compute node",
                "asyncpg.exceptions.InternalServerError: The endpoint has been disabled. Enable it using Neon API and retry.",
                "psycopg2.OperationalError: " + LIBPQ.format("Your project has exceeded the compute time quota."),
            ],
        ),
        (
            "fork-shared-connection",
            [
                "psycopg2.OperationalError: SSL error: decryption failed or bad record mac",
                "psycopg2.OperationalError: SSL SYSCALL error: Bad file descriptor",
            ],
        ),
        (
            "invalid-connect-option",
            [f"TypeError: connect() got an unexpected keyword argument '{word}'" for word in ("sslmode", "pgbouncer")],
        ),
        (
            "table-exists",
            [
                'asyncpg.exceptions.DuplicateTableError: relation "orders" already exists',
                "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) table orders already exists",
            ],
        ),
        (
            "mysql-lost-connection",
            [
                "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2013, 'Lost connection to MySQL server')",
                "pymysql.err.OperationalError: (2006, \"MySQL server has gone away (BrokenPipeError(32, 'Broken pipe'))\")",
            ],
        ),
        (
            "pooler-max-clients",
            [
                "asyncpg.exceptions.TooManyConnectionsError: odyssey: c8a1: too many client tcp connections (global client_max)",
                "psycopg.OperationalError: odyssey: c8a1: too many active clients for user (pool_size for user shop.app reached 10)",
                "asyncpg.exceptions.PostgresError: checkout timeout",
            ],
        ),
        (
            "task-time-limit",
            [
                "billiard.exceptions.SoftTimeLimitExceeded: SoftTimeLimitExceeded()",
                "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value (180 seconds)",
                "dramatiq.middleware.time_limit.TimeLimitExceeded",
            ],
        ),
        (
            "celery-worker-lost",
            [
                "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 12.",
                "billiard.exceptions.WorkerLostError: Worker exited prematurely: exitcode 1 Job: 13.",
            ],
        ),
    ],
)
def test_what_is_one_fault_is_one_problem(signature, messages):
    assert told("".join(map(raised, messages))) == [(signature, "/app/shop/orders.py:7 create", len(messages))]


@pytest.mark.parametrize(
    "log",
    [
        # The application's own arithmetic is no column's type.
        raised("TypeError: can't subtract offset-naive and offset-aware datetimes"),
        raised("TypeError: connect() got an unexpected keyword argument 'retries'"),
        raised("shop.errors.Conflict: user already exists"),
        raised("PermissionError: [Errno 13] Permission denied: '/data/x'"),
        raised("ValueError: 'database is locked'"),
        # Code may expect it and catch it: the server writes its line all the same.
        'WARNING:shop:upsert failed: duplicate key value violates unique constraint "a_pkey"\n',
        '2026-03-09 02:14:03.120 UTC [71] app@shop ERROR:  duplicate key value violates unique constraint "a_pkey"\n',
        'INFO:     10.0.0.1:5 - "GET /search?q=database+is+locked HTTP/1.1" 200 OK\n',
    ],
)
def test_what_only_sounds_like_one_is_none(log):
    from forge_doctor.logs.signature import load_signatures

    assert [name for name, _, _ in told(log) if name in load_signatures()] == []


def test_what_a_library_logs_without_time_or_level_is_an_event_of_its_own():
    alone = "Task was destroyed but it is pending!\ntask: <Task pending name='Task-9' coro=<worker() done, defined at x.py:3>>\n"
    leak = (
        "The garbage collector is trying to clean up non-checked-in connection <AdaptedConnection <C object at 0x7f01>>, "
        "which will be terminated.\n"
    )
    closing = (
        "Exception terminating connection <AdaptedConnection <C object at 0x7f01>>\n"
        + raised("asyncio.exceptions.CancelledError: Cancelled by cancel scope 7f0a10ee1a00").partition("\n")[2]
    )
    failed = raised("shop.errors.Broken: no stock")
    assert sorted(told(failed + alone + closing + leak + alone)) == [
        ("gc-unchecked-in", None, 1),
        ("pool-terminate-error", "/app/shop/orders.py:7 create", 1),
        ("shop.errors.Broken", "/app/shop/orders.py:7 create", 1),
        ("task-destroyed-pending", None, 2),
    ]


def test_the_error_that_another_quotes_as_the_original_is_the_problem():
    words = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
    wrapped = (
        f"Object '<Row at 0x7f9be82b>' is already attached to session '29' (this is '30'). Original error: {words}"
    )
    log = f"ERROR:shop:Failed to save: {words}\nERROR:shop:Failed to save: {wrapped}\n"
    assert told(log) == [("pool-timeout", None, 2)]


def test_an_exception_before_its_frames_does_not_take_the_next_one_s_for_its_end():
    first = "StaleDataError: UPDATE statement on table 'a' expected to update 4 row(s); 3 were matched.\n  File \"/app/a.py\", "
    first += "line 3, in run\n    session.flush()\n"
    quiet = "[2026-03-09 02:14:03,120: INFO/ForkPoolWorker-1] Task shop.refresh[a] succeeded in 0.2s: None\n"
    assert told(quiet + 5 * (first + quiet) + first) == [("stale-data", "/app/a.py:3 run", 6)]


@pytest.mark.parametrize("level", ["ERROR/MainProcess", "ERROR/ForkPoolWorker-3"])
@pytest.mark.parametrize(
    ("signature", "raised"),
    [
        ("celery-worker-lost", "WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 3.')"),
        ("deadlock", 'DeadlockDetected("deadlock detected\\nDETAIL:  Process 7 waits")'),
        ("sqlite-locked", "OperationalError('database is locked')"),
        ("connect-refused", """ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 5432)")"""),
        ("deadlock", "ExceptionGroup('2 failed', [DeadlockDetectedError('deadlock detected')])"),
    ],
)
def test_words_in_an_exception_s_repr_are_its_own(signature: str, raised: str, level: str) -> None:
    raised = raised.replace("DeadlockDetected(", "DeadlockDetectedError(")
    line = f"[2026-11-22 08:00:00,123: {level}] Task handler raised error: {raised}\n"
    assert told(line * 2) == [(signature, None, 2)]


@pytest.mark.parametrize(
    "said", ["ValueError('deadlock detected')", "searched for ('database is locked')", "q='deadlock detected'"]
)
def test_words_that_a_user_gave_are_nobody_s(said: str) -> None:
    found = told(f"2026-11-22 08:00:00,123 ERROR [shop] not found: {said}\n")
    assert not [signature for signature, _, _ in found if signature in ("deadlock", "sqlite-locked")]


def test_a_supervisor_s_record_has_the_server_s_in_a_field():
    inner = (
        '{"log_time":"2026-11-15 08:03:44.061 UTC","process_id":"60","error_severity":"FATAL","sql_state_code":"57P03",'
        '"message":"the database system is starting up"}'
    )
    log = '{"level":"info","ts":"2026-11-15T08:03:44Z","logger":"postgres","msg":"record","record":%s}\n'
    assert [group.signature for group in groups(log % inner)] == ["starting-up"]
    assert groups(log % inner.replace("FATAL", "LOG").replace("is starting up", "is ready to accept connections")) == []


def test_the_name_of_a_test_is_not_what_it_is_about():
    name = "tests/test_db.py::test_clients[FATAL: sorry, too many clients already] PASSED   [ 75%]\n"
    assert groups(name) == []
    assert [group.signature for group in groups(name.replace("[FATAL", " [FATAL"))] == ["too-many-clients"]
