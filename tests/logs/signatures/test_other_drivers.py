"""What drivers and pools of other languages say of the same faults, in every form that a log may have."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.support.log_reading import told

REFUSED = {
    "go": "dial tcp {host}:{port}: connect: connection refused",
    "pgx": "failed to connect to `host=db user=app database=shop`: dial error (dial tcp {host}:{port}: connect: connection refused)",
    "node": "Error: connect ECONNREFUSED {host}:{port}",
    "postgrex": "(DBConnection.ConnectionError) tcp connect ({host}:{port}): connection refused - :econnrefused",
}
OF_ANY_PORT = {
    "pgjdbc": (
        "org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct "
        "and that the postmaster is accepting TCP/IP connections."
    ),
    "prisma": "Error: Can't reach database server at `db`:`5432`",
    "sqlx": "Error: error communicating with database: Connection refused (os error 111)",
}
POOLS = (
    "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.",
    "Error: Timed out fetching a new connection from the connection pool. (More info: http://pris.ly/d/connection-pool)",
    "Error: timeout exceeded when trying to connect",
    "KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full. Are you missing a .transacting(trx) call?",
    "SequelizeConnectionAcquireTimeoutError: Operation timeout",
    "ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 seconds (waited 5.001 seconds)",
    "Error: pool timed out while waiting for an open connection",
    "(DBConnection.ConnectionError) connection not available and request was dropped from queue after 2996ms.",
    "Npgsql.NpgsqlException: The connection pool has been exhausted, either raise 'Max Pool Size' (currently 100)",
    "PoolExhaustedException: [http-1] Timeout: Pool empty. Unable to fetch a connection in 30 seconds, none available[size:10]",
)
FORMS = {
    "leveled": lambda words: f"2026-03-04 10:00:0{{n}},120 ERROR [db] could not start: {words}",
    "logfmt": lambda words: f'time="2026-03-04T10:00:0{{n}}Z" level=fatal msg="{words.removeprefix("Error: ")}"',
    "json": lambda words: '{"time":"2026-03-04T10:00:0{n}Z","level":"error","msg":' + json.dumps(words) + "}",
    "severe": lambda words: f"10:00:0{{n}} SEVERE [Boot] (main) {words}",
}


def log(form: str, words: str, times: int = 2) -> str:
    return "".join(FORMS[form](words).replace("{n}", str(n)) + "\n" for n in range(times))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("driver", "port"), [*itertools.product(REFUSED, (5432, 6543, 6432))])
def test_a_refused_connection_to_a_database_is_told(form: str, driver: str, port: int) -> None:
    words = REFUSED[driver].format(host="10.1.2.3", port=port)
    assert told(log(form, words)) == [("connect-refused", None, 2)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("driver", OF_ANY_PORT)
def test_what_only_a_databases_driver_says_is_told_whatever_its_port(form: str, driver: str) -> None:
    assert told(log(form, OF_ANY_PORT[driver])) == [("connect-refused", None, 2)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("driver", "port"), [*itertools.product(REFUSED, (6379, 9090, 80, 15432, 54321))])
def test_another_peer_that_refuses_is_none(form: str, driver: str, port: int) -> None:
    assert {one[0] for one in told(log(form, REFUSED[driver].format(host="10.1.2.3", port=port)))} <= {""}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", POOLS)
def test_a_pool_of_another_library_that_has_none_left_is_told(form: str, words: str) -> None:
    assert told(log(form, words)) == [("client-pool-timeout", None, 2)]


@pytest.mark.parametrize("words", [*(text.format(host="db", port=5432) for text in REFUSED.values()), *POOLS])
def test_what_is_said_quietly_is_no_problem(words: str) -> None:
    assert told(f"2026-03-04 10:00:01,120 INFO [docs] the manual says: {words}\n" * 2) == []


def test_a_panic_says_again_what_its_log_line_said() -> None:
    words = "dial tcp 10.1.2.3:5432: connect: connection refused"
    panic = f'time="2026-03-04T10:00:00Z" level=panic msg="{words}"\npanic: (*logrus.Entry) (0xbc4880,0xc0006104d0)\n\n'
    assert told(panic + "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:30 +0x1c\n") == [
        ("connect-refused", None, 1)
    ]
    assert told(f"panic: {words}\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:30 +0x1c\n" * 2) == [
        ("connect-refused", None, 2)
    ]


@pytest.mark.parametrize("method", ["password", "Peer", "Ident", "LDAP", "certificate"])
def test_a_login_that_is_refused_by_any_method_is_told(method: str) -> None:
    line = f'psycopg2.OperationalError: FATAL:  {method} authentication failed for user "app"\n'
    assert told(line) == [("password-failed", None, 1)]


@pytest.mark.parametrize("blank", ["", " "])
def test_a_quotation_has_a_blank_behind_its_mark_or_none(blank: str) -> None:
    lines = (
        "2026-03-04 10:00:01 INFO: begin",
        "2026-03-04 10:00:02 ERROR: sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached",
        "2026-03-04 10:00:03 INFO: end",
    )
    assert told("".join(f">{blank}{line}\n" for line in lines)) == [("pool-timeout", None, 1)]


@pytest.mark.parametrize(
    "words",
    [
        (
            'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory\n'
            "\tIs the server running locally and accepting connections on that socket?"
        ),
        (
            "could not connect to server: No such file or directory\n\tIs the server running locally and accepting\n"
            '\tconnections on Unix domain socket "/var/run/postgresql/.s.PGSQL.5432"?'
        ),
        "connection is bad: No such file or directory\n\tIs the server running locally and accepting connections on that socket?",
    ],
)
def test_a_socket_that_is_not_there_is_no_server(words: str) -> None:
    assert told(f"psycopg2.OperationalError: {words}\n") == [("connect-refused", None, 1)]


REFUSED_FIRST = (
    'psycopg2.OperationalError: connection to server at "localhost" (::1), port 5432 failed: Connection refused\n'
    "\tIs the server running on that host and accepting TCP/IP connections?\n"
    'connection to server at "localhost" (127.0.0.1), port 5432 failed: {}\n'
)


@pytest.mark.parametrize(
    ("answer", "signature"),
    [
        ('FATAL:  password authentication failed for user "app"', "password-failed"),
        ('FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "app", database "shop", no encryption', "no-hba"),
        ("FATAL:  sorry, too many clients already", "too-many-clients"),
        ('FATAL:  database "shop" does not exist', "no-database"),
        (
            "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
            "connect-refused",
        ),
    ],
)
def test_of_a_hosts_addresses_the_one_that_answers_says_what_is_wrong(answer: str, signature: str) -> None:
    assert told(REFUSED_FIRST.format(answer)) == [(signature, None, 1)]


@pytest.mark.parametrize(
    "words",
    ["cannot switch to state 12; another operation (2) is in progress", "got result for unknown protocol state 3"],
)
def test_a_connection_whose_answers_are_anothers_is_used_by_two(words: str) -> None:
    log = (
        "2026-03-04 10:00:01 ERROR [jobs] failed\nTraceback (most recent call last):\n"
        '  File "/app/jobs/run.py", line 71, in once\n    await con.fetch(query)\n'
        '  File "asyncpg/protocol/protocol.pyx", line 326, in query\n'
        f"asyncpg.exceptions._base.InternalClientError: {words}\n"
    )
    assert told(log) == [("asyncpg-another-operation", "/app/jobs/run.py:71 once", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "asyncpg.exceptions.InternalServerError: DbHandler exited",
        (
            "psql: ERROR:  pgpool is not accepting any new connections\n"
            "DETAIL:  all backend nodes are down, pgpool requires at least one valid node"
        ),
    ],
    ids=["supavisor", "pgpool"],
)
def test_a_pooler_without_servers_is_another_fault_than_one_without_slots(line: str) -> None:
    assert told(f"{line}\n") == [("pooler-server-down", None, 1)]


PRETTY = """2026-03-04T13:22:03.958Z ERROR plugin store Query failed {
 "message": "remaining connection slots are reserved for non-replication superuser connections",
 "err": {
  "name": "error",
  %s
  "code": "53300"
 }
}
"""


def test_a_servers_error_printed_as_json_is_told_and_other_json_with_the_words_is_not() -> None:
    assert told(PRETTY.replace("%s", '"severity": "FATAL",') * 2) == [("slots-reserved", None, 2)]
    assert [one[0] for one in told(PRETTY.replace("%s", '"kind": "comment",'))] in ([], [""])


@pytest.mark.parametrize("method", ["password", "Peer", "LDAP"])
def test_a_login_that_somebody_quotes_is_none(method: str) -> None:
    words = f"{method} authentication failed for user"
    assert {one[0] for one in told(f"2026-03-04 10:00:01 ERROR [search] nothing found for '{words}'\n")} <= {""}
    assert told(f'| `backend` logs `{words} "app"` | the password is wrong |\n') == []


@pytest.mark.parametrize("mark", ["", "- ", "See "])
def test_the_words_of_a_link_are_a_texts(mark: str) -> None:
    words = "FastAPI testing RuntimeError: Task got Future attached to a different loop"
    assert told(f"# Tests\n\n{mark}[{words}](https://example.org/questions/75)\n") == []
    assert [one[0] for one in told(f"{words}\n")] == ["different-loop"]


@pytest.mark.parametrize(
    "why", ["Cannot allocate memory", "Resource temporarily unavailable", "No space left on device"]
)
def test_a_server_that_can_start_no_process_says_so_at_log_and_to_its_client(why: str) -> None:
    line = f"could not fork new process for connection: {why}\n"
    for prefix in ("LOG:  ", "2026-03-04 10:00:01.100 UTC [1] LOG:  ", "postgres_1   | LOG:  "):
        assert told(f"{prefix}{line}" * 3) == [("server-cannot-fork", None, 3)]
    assert told(f"psycopg2.OperationalError: {line}") == [("server-cannot-fork", None, 1)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "words",
    [
        "(2013, 'Lost connection to server during query')",
        "(2006, 'Server has gone away')",
        "(2013, 'Lost connection to server at handshake: reading initial communication packet, system error: 104')",
        "ERROR 2013 (HY000): Lost connection to server during query",
    ],
)
def test_mariadb_s_client_leaves_mysql_s_name_out(form: str, words: str) -> None:
    assert told(log(form, words)) == [("mysql-lost-connection", None, 2)]


@pytest.mark.parametrize("words", ["Lost connection to server at home", "Server has gone away for lunch"])
def test_without_their_numbers_these_words_are_anybody_s(words: str) -> None:
    assert [one for one in told(f"2026-03-04 10:00:01,120 ERROR [app] {words}\n") if one[0]] == []


def test_the_driver_s_words_say_more_than_the_system_s() -> None:
    site = "/usr/local/lib/python3.12/site-packages"
    read = f'  File "{site}/aiomysql/connection.py", line 609, in _read_bytes\n    data = await reader()\n'
    own = '  File "/srv/shop/users.py", line 33, in listing\n    rows = await User.filter(active=True)\n'
    cause = "\nThe above exception was the direct cause of the following exception:\n\n"
    chain = (
        f"Traceback (most recent call last):\n{read}ConnectionResetError: [Errno 104] Connection reset by peer\n{cause}"
        f"Traceback (most recent call last):\n{own}{read}"
        "pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query')\n"
    )
    assert told(chain) == [("mysql-lost-connection", "/srv/shop/users.py:33 listing", 1)]


def test_odoo_s_own_pool_that_is_full_is_psycopg2_s() -> None:
    line = "psycopg2.pool.PoolError: The Connection Pool Is Full\n"
    assert told(line * 2) == [("psycopg2-pool-exhausted", None, 2)]


# How languages write an exception's class before its words.
CLASSES = (
    "ActiveRecord::ConnectionTimeoutError: ",
    "app.Errors::PoolTimeoutError: ",
    "Doctrine\\DBAL\\Exception\\ConnectionException: ",
    "java.sql.SQLTransientConnectionException: ",
    "Npgsql.NpgsqlException (0x80004005): ",
)


@pytest.mark.parametrize("between", ["", "2026-03-04 10:00:01,120 INFO app.jobs: queued 3\n"])
@pytest.mark.parametrize("words", POOLS)
@pytest.mark.parametrize("name", CLASSES)
def test_a_line_of_a_class_s_name_and_the_words_is_told_in_any_language(name: str, words: str, between: str) -> None:
    assert told(f"{between}{name}{words}\n" * 2) == [("client-pool-timeout", None, 2)]


def test_a_name_that_cannot_be_resolved_is_so_in_elixir_too() -> None:
    words = "** (DBConnection.ConnectionError) tcp connect (db.flycast:5432): non-existing domain - :nxdomain"
    line = f"10:00:01.494 pid=<0.3392.0> [error] Postgrex.Protocol (#PID<0.3392.0>) failed to connect: {words}\n"
    assert told(line * 2) == [("dns-failure", None, 2)]
