"""Lines that a program prints between its server's records, or one after the other: each is told, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, read

REQUEST = 'INFO:     10.0.0.3:51234 - "GET /users HTTP/1.1" 200 OK'
PRINTED = {
    'Error connecting: connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused': "connect-refused",
    "Error: (2013, 'Lost connection to MySQL server during query')": "mysql-lost-connection",
    "Exception occurred: cannot perform operation: another operation is in progress": "asyncpg-another-operation",
    "DB error: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error "
    "at: https://sqlalche.me/e/20/3o7r)": "pool-timeout",
    "failed to save order: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected "
    "place? (Background on this error at: https://sqlalche.me/e/20/xd2s)": "missing-greenlet",
    "db error: <class 'pymysql.err.OperationalError'> (2006, 'MySQL server has gone away')": "mysql-lost-connection",
    "Database connection failed: [Errno 111] Connect call failed ('172.18.0.2', 5432)": "connect-refused",
    "Exception: (sqlalchemy.dialects.postgresql.asyncpg.Error) <class 'asyncpg.exceptions.TooManyConnectionsError'>: sorry, too "
    "many clients already": "too-many-clients",
    '(psycopg2.errors.UndefinedTable) relation "orders" does not exist': "undefined-table",
    "[!] Error while adding user 81: (sqlite3.OperationalError) database is locked": "sqlite-locked",
    'DB ERROR => relation "orders" does not exist': "undefined-table",
    'Unexpected error while loading: password authentication failed for user "app"': "password-failed",
    "Message: QueuePool limit of size 1 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error "
    "at: https://sqlalche.me/e/20/3o7r)": "pool-timeout",
    " error: sorry, too many clients already": "too-many-clients",
    'psql: error: connection to server at "db" (10.0.0.3), port 6432 failed: FATAL:  bouncer config error': "pgbouncer-config-error",
    "(<class 'asyncpg.exceptions._base.InterfaceError'>, InterfaceError('cannot perform operation: another operation is in "
    "progress'), <traceback object at 0x7f3c1c0a2f00>)": "asyncpg-another-operation",
    "e = OperationalError('(psycopg2.OperationalError) server closed the connection unexpectedly')": "libpq-server-closed",
}
AROUND = {
    "nothing": "{0}\n",
    "other prints": "starting worker\nloaded 3 models\n{0}\ndone\n",
    "requests": REQUEST + "\n{0}\n" + REQUEST.replace("200 OK", "404 Not Found") + "\n",
    "the start of a server": "INFO:     Application startup complete.\n{0}\n" + REQUEST + "\n",
    "records of the program": "2026-11-30 10:00:01,123 INFO app.main: handling order\n{0}\n",
    "a prefix": f"Nov 30 10:00:01 host api[12]: {REQUEST}\nNov 30 10:00:01 host api[12]: {{0}}\n",
}


def told(folder: Path, text: str) -> list[tuple[str, int]]:
    return [
        (fault, count) for fault, _, count in answer(read(folder / "api.log", text.encode()).summary.groups.values())
    ]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("line", PRINTED, ids=[f"{fault}-{number}" for number, fault in enumerate(PRINTED.values())])
def test_each_is_told_and_counted(tmp_path: Path, line: str, around: str) -> None:
    assert told(tmp_path, AROUND[around].replace("{0}", line) * 3) == [(PRINTED[line], 3)]


QUIET = {
    "what a record of INFO quotes": "2026-11-30 10:00:01,123 INFO app.agent: the answer is\n\nError: deadlock detected\n",
    "a statement": "2026-11-30 10:00:01,123 INFO sqlalchemy.engine.Engine SELECT jobs.error\nFROM jobs WHERE jobs.error = "
    "'deadlock detected'\n",
    "an indented line": "2026-11-30 10:00:01,123 INFO app.docs: known errors\n  Error: deadlock detected\n",
    "another program's peer": f"{REQUEST}\nerror: kex_exchange_identification: read: Connection reset by peer\n",
    "a word in quotes": f"{REQUEST}\nsearching for errors like 'deadlock detected'\n",
}


@pytest.mark.parametrize("case", QUIET)
def test_what_is_none_of_these_stays_silent(tmp_path: Path, case: str) -> None:
    assert told(tmp_path, QUIET[case] * 3) == []


def test_what_libpq_tells_of_two_addresses_is_one_failure(tmp_path: Path) -> None:
    one = 'connection to server at "db" ({0}), port 5432 failed: Connection refused\n\tIs the server running on that host?\n'
    both = f"could not connect: {one.replace('{0}', '::1')}{one.replace('{0}', '127.0.0.1')}"
    assert told(tmp_path, f"{REQUEST}\n{both}" * 3) == [("connect-refused", 3)]


def test_the_traceback_below_a_printed_line_is_the_same_failure(tmp_path: Path) -> None:
    trace = (
        'Traceback (most recent call last):\n  File "/srv/app/orders.py", line 12, in save\n    await db.execute(query)\n'
        "asyncpg.exceptions._base.InterfaceError: cannot perform operation: another operation is in progress\n"
    )
    printed = "failed: cannot perform operation: another operation is in progress\n"
    assert told(tmp_path, f"{REQUEST}\n{printed}{trace}" * 3) == [("asyncpg-another-operation", 3)]


def test_an_entry_of_home_assistant_s_page_is_a_record_of_its_own(tmp_path: Path) -> None:
    entry = (
        "Logger: hub.components.sql.sensor\nSource: components/sql/sensor.py:377\nIntegration: SQL (documentation, issues)\n"
        "First occurred: 21:41:29 (2 occurrences)\nLast logged: 21:53:29\n\n"
        "Error executing query SELECT 1;: (MySQLdb.OperationalError) (2013, 'Lost connection to server during query') [SQL: SELECT 1]\n"
        "Error executing query SELECT 1;: Can't reconnect until invalid transaction is rolled back. Please rollback() fully\n"
    )
    before = "2026-11-30 10:00:01,123 INFO app.main: handling order\n"
    assert told(tmp_path, f"{before}{entry}" * 3) == [("mysql-lost-connection", 3)]


@pytest.mark.parametrize("before", ["", "2026-11-30T10:00:01.958Z  x1/1-  ERROR  plugin  store  Query Failed  "])
def test_an_error_of_a_server_that_is_printed_key_by_key_is_told(tmp_path: Path, before: str) -> None:
    keys = '{\n "message": "sorry, too many clients already",\n "err": {\n  "severity": "FATAL",\n  "code": "53300"\n }\n}\n'
    assert told(tmp_path, f"{before}{keys}" * 2) == [("too-many-clients", 2)]
