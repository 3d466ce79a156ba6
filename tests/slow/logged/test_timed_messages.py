"""Statements with their times, in whatever words an application's hooks write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.slow.logged.timed_messages import timed_message
from forge_doctor.slow.logged.work import LoggedWork
from tests.support.engine_logs import read_text

SQL = "SELECT stock.id FROM stock WHERE stock.shelf = %(shelf)s"


def work_of(tmp_path: Path, *lines: str) -> LoggedWork:
    """What a log of these lines comes to."""
    return read_text(tmp_path, "\n".join(lines) + "\n")


def headed(message: str, second: int = 0) -> str:
    """A record of logging's usual layout."""
    return f"2026-11-22 08:00:{second:02},120 WARNING shop.db: {message}"


@pytest.mark.parametrize(
    "message",
    [
        f"Slow query detected ({{s}}s): {SQL}",
        f"query took {{s}} seconds: {SQL}",
        f"[slow] {{ms}}ms {SQL}",
        f"SQL executed in {{ms}} ms | {SQL} | parameters={{{{'shelf': 12}}}}",
        f"query exceeded 500ms (took {{ms}}ms): {SQL}",
        f"{SQL} [{{ms}}ms]",
        f"{SQL} | duration: {{s}}s",
        f"slow_query duration_ms={{ms}} threshold_ms=200 statement='{SQL}'",
        f'slow_query statement="{SQL}" elapsed_ms={{ms}} rows=3',
        f"Slow query: {{s}}s\n{SQL}",
    ],
)
def test_every_wording_gives_statement_and_time(tmp_path: Path, message: str) -> None:
    logged = work_of(tmp_path, headed(message.format(s="1.25", ms="1250.0")), headed("ready", 3))
    assert [(one.timed, one.total_ms) for one in logged.statements] == [(1, 1250.0)]
    assert logged.statements[0].text.startswith("SELECT stock.id FROM stock WHERE stock.shelf = ")
    assert "12" not in logged.statements[0].text


@pytest.mark.parametrize(
    "message",
    [
        f"query is slower than 500ms: {SQL}",  # a limit
        f"Slow query 3: {SQL}",  # no unit
        "request completed in 1.2s",
        f"(psycopg.errors.QueryCanceled) after 5s [SQL: {SQL}]",
        "please select a plan from the list in 5 s",
        f"waited 3s, then 5s: {SQL}",  # which?
    ],
)
def test_what_gives_no_time_is_not_counted(tmp_path: Path, message: str) -> None:
    assert not work_of(tmp_path, headed(message), headed("ready", 3)).statements


def test_an_interval_of_the_statement_is_no_time() -> None:
    told = timed_message("run SELECT a.id FROM a WHERE a.at > now() - interval '5 s'")
    assert told.ms is None
    assert told.statement.endswith("interval '5 s'")


def test_keys_of_a_record_name_statement_and_unit(tmp_path: Path) -> None:
    entries = (
        {"event": "slow_query", "duration_ms": 812.5, "statement": SQL},
        {"message": "db", "elapsed_seconds": 0.5, "sql": SQL},
        {"message": "db", "db.duration": "20 ms", "sql": SQL},
        {"message": "db", "duration": 3, "sql": SQL},  # of what?
    )
    logged = work_of(tmp_path, *(json.dumps({"level": "warning", "logger": "shop.db", **one}) for one in entries))
    assert [(one.timed, one.total_ms) for one in logged.statements] == [(3, 1332.5)]


def test_a_time_in_the_next_record_is_joined_where_one_statement_runs(tmp_path: Path) -> None:
    lines = [
        headed(f"Start Query: {SQL}"),
        headed("Query Complete!"),
        headed("Total Time: 0.25"),
    ]
    assert [(one.timed, one.total_ms) for one in work_of(tmp_path, *lines).statements] == [(1, 250.0)]


def test_a_time_in_the_next_record_is_nobodys_where_two_run(tmp_path: Path) -> None:
    other = SQL.replace("stock", "halls")
    lines = [
        headed(f"Start Query: {SQL}"),
        headed(f"Start Query: {other}"),
        headed("Total Time: 0.25"),
        headed("Total Time: 0.75"),
    ]
    logged = work_of(tmp_path, *lines)
    assert not logged.statements
    assert any("2 times of statements" in one for one in logged.unread)


def test_a_request_that_ends_is_no_statement(tmp_path: Path) -> None:
    assert not work_of(tmp_path, headed(f"running {SQL}"), headed("request took 1.5 s")).statements
