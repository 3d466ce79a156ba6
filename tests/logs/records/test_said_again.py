"""libpq tries twice, and adds the server's second answer to the exception's words: it begins no record."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, place, told

SITE = "/usr/local/lib/python3.12/site-packages"
REFUSED = 'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "shop", database "shop", '
ANSWERS = [
    ("password-failed", ['FATAL:  password authentication failed for user "shop"'] * 2),
    ("no-hba", [REFUSED + "SSL on", REFUSED + "SSL off"]),
    ("pgbouncer-server-login", ["ERROR:  pgbouncer cannot connect to server"] * 2),
]


def failure(answers: list[str]) -> str:
    said = "\n".join(answers)
    return (
        "Traceback (most recent call last):\n"
        f'  File "{SITE}/psycopg2/__init__.py", line 122, in connect\n    conn = _connect(dsn, **kwasync)\n'
        f"psycopg2.OperationalError: {said}\n\n\n"
        "The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
        '  File "/app/db.py", line 9, in get\n    return engine.connect()\n'
        f'  File "{SITE}/psycopg2/__init__.py", line 122, in connect\n    conn = _connect(dsn, **kwasync)\n'
        f"sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) {said}\n\n"
        "(Background on this error at: https://sqlalche.me/e/14/e3q8)\n"
    )


@pytest.mark.parametrize(("signature", "answers"), ANSWERS)
@pytest.mark.parametrize("head", ["2026-11-22 08:00:00,123 ERROR [shop] no connection\n", "ERROR:    refused\n", ""])
def test_both_answers_are_one_failure_of_the_user_s_line(signature: str, answers: list[str], head: str) -> None:
    assert told((head + failure(answers)) * 3) == [(signature, "/app/db.py:9 get", 3)]


@pytest.mark.parametrize(("signature", "answers"), ANSWERS)
@pytest.mark.parametrize(
    "carrier", ["{line}\n", "web-1  | {line}\n", "2026-11-22T08:00:{second:02}.123Z stderr F {line}\n"]
)
def test_a_repeated_one_counts_the_same_where_it_stands(
    carrier: str, signature: str, answers: list[str], tmp_path: Path
) -> None:
    log = ("2026-11-22 08:00:00,123 ERROR [shop] no connection\n" + failure(answers)) * 300
    lines = enumerate(log.splitlines())
    path = tmp_path / "log"
    path.write_text("".join(carrier.format(line=line, second=number % 60) for number, line in lines))
    found = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES))
    (group,) = found.summary.groups.values()
    assert (group.signature, place(group), group.count) == (signature, "/app/db.py:9 get", 300)


def test_a_server_s_own_line_behind_a_traceback_is_a_record() -> None:
    log = failure(ANSWERS[0][1]) + "FATAL:  the database system is shutting down\n"
    assert told(log) == [("password-failed", "/app/db.py:9 get", 1), ("shutting-down", None, 1)]


def test_the_server_s_answer_below_a_record_is_its_record_s() -> None:
    record = "2026-11-22 08:00:0{n},196 77 ERROR shop shop.sql_db: bad query: UPDATE orders SET state = 'paid' WHERE id = {n}\n"
    answer = "ERROR: could not serialize access due to concurrent update\n"
    log = "".join(record.format(n=n) + answer + "\n" for n in range(4))
    assert told(log) == [("serialization", None, 4)]
    info = record.replace("ERROR shop", "INFO shop")
    assert told("".join(info.format(n=n) + answer for n in range(4))) == [("serialization", None, 4)]


def test_uvicorn_s_own_line_below_a_record_is_another() -> None:
    log = "2026-11-22 08:00:01,196 ERROR [shop] could not price the order\nERROR:    FATAL: sorry, too many clients already\n"
    assert told(log) == [("", None, 1), ("too-many-clients", None, 1)]
