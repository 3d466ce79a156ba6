"""PostgreSQL's own log, the same in its three formats; and that no value of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.slow.logged.work import LoggedWork
from tests.support.engine_logs import read_text
from tests.support.server_logs import FORMATS, Logged

QUERY = "SELECT shelves.id \nFROM shelves \nWHERE shelves.hall_id = $1::INTEGER /*route='/halls/9'*/"
PLAN = """Query Text: {query}
Query Parameters: $1 = '4711'
Limit  (cost=0.42..8.44 rows=1 width=8) (actual rows=1.00 loops=1)
  ->  Nested Loop Left Join  (cost=0.00..22810.00 rows=25 width=52) (actual rows=25.00 loops=1)
        ->  Seq Scan on public.shelves s  (cost=0.00..22810.00 rows=25 width=52) (actual rows=25.00 loops=1)
              Filter: (hall_id = 4711)
              Rows Removed by Filter: 999975
        ->  Index Scan using halls_pkey on halls  (cost=0.42..8.44 rows=1 width=8) (never executed)
              Index Cond: (id = s.hall_id)"""


@pytest.fixture(params=sorted(FORMATS))
def read(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Reads records in one of the formats."""
    suffix = {"csvlog": "csv", "jsonlog": "json"}.get(request.param, "log")
    return lambda *records: read_text(tmp_path, FORMATS[request.param](records), names=[f"postgresql.{suffix}"])


def timed(ms: float, query: str = QUERY, **more: object) -> Logged:
    return Logged(message=f"duration: {ms} ms  execute __asyncpg_stmt_5__: {query}", **more)  # type: ignore[arg-type]


def test_durations_add_up(read) -> None:  # type: ignore[no-untyped-def]
    found: LoggedWork = read(
        timed(200.5, detail="Parameters: $1 = '4711'", query_id=42),
        timed(100.25, pid=78),
        Logged(message=f"duration: 50.5 ms  statement: {QUERY}"),
        Logged(message=f"duration: 3.0 ms  parse <unnamed>: {QUERY}"),
        Logged(message="checkpoint starting: time"),
    )
    (one,) = found.statements
    assert (one.timed, one.total_ms, one.longest_ms) == (3, 354.25, 200.5)
    assert one.tags == {"route": "/halls/9"}
    assert "4711" not in repr(found)
    assert found.transactions == 0


def test_a_plan_and_its_duration_are_one_execution(read) -> None:  # type: ignore[no-untyped-def]
    found: LoggedWork = read(
        timed(442.283),
        Logged(message=f"duration: 442.265 ms  plan:\n{PLAN.format(query=QUERY)}"),
        Logged(message=f"duration: 301.1 ms  plan:\n{PLAN.format(query=QUERY)}"),
        timed(301.3),
    )
    (one,) = found.statements
    assert one.timed == 2
    (plan,) = found.plans
    assert plan.key == one.key
    assert plan.root is not None
    nodes = list(plan.root.walk())
    assert [node.kind for node in nodes] == ["Limit", "Nested Loop", "Seq Scan", "Index Scan"]
    assert (nodes[2].schema, nodes[2].relation, nodes[2].alias) == ("public", "shelves", "s")
    assert nodes[3].index == "halls_pkey"
    assert nodes[1].join_type == "Left"
    assert "4711" not in repr(found)


def test_a_wait_is_subtracted(read) -> None:  # type: ignore[no-untyped-def]
    update = "UPDATE stock SET qty=stock.qty - $1 WHERE stock.id = $2"
    found: LoggedWork = read(
        Logged(message="process 77 still waiting for ShareLock on transaction 9 after 1000.1 ms", statement=update),
        timed(80.0, pid=78),
        Logged(message="process 77 acquired ShareLock on transaction 9 after 1808.6 ms", statement=update),
        timed(1808.9, update),
    )
    one = next(one for one in found.statements if one.text.startswith("UPDATE"))
    assert (one.waits, one.waited_ms, one.longest_own_ms) == (1, 1808.6, pytest.approx(0.3))


def test_temporary_files_are_the_statements(read) -> None:  # type: ignore[no-untyped-def]
    record = Logged(message='temporary file: path "base/pgsql_tmp/pgsql_tmp77.0", size 9000000', statement=QUERY)
    (one,) = read(record, record).statements
    assert (one.temp_files, one.temp_bytes) == (2, 18_000_000)


def test_parameters_tell_where_a_pattern_begins(read) -> None:  # type: ignore[no-untyped-def]
    like = "SELECT h.id FROM h WHERE h.note LIKE $1::VARCHAR LIMIT $2::INTEGER OFFSET $3::INTEGER"
    found: LoggedWork = read(
        timed(300.0, like, detail="Parameters: $1 = '%it''s gold%', $2 = '20', $3 = '180000'"),
        timed(310.0, like, detail="parameters: $1 = 'gold%', $2 = '20', $3 = NULL"),
    )
    (one,) = found.statements
    assert (one.patterns, one.open_patterns, one.deepest) == (2, 1, 180000)
    assert "gold" not in repr(found)


def test_a_log_of_all_statements_has_transactions(read) -> None:  # type: ignore[no-untyped-def]
    records = [
        *(Logged(message="duration: 0.02 ms  statement: BEGIN;", pid=pid) for pid in (77, 78)),
        *(timed(0.1, pid=pid, detail=f"Parameters: $1 = '{number}'") for number in range(6) for pid in (77, 78)),
        *(Logged(message="duration: 0.02 ms  statement: ROLLBACK;", pid=pid) for pid in (77, 78)),
    ]
    (one,) = read(*records).repetitions
    assert (one.usual, one.transactions, one.differing) == (6, 2, True)


def test_sessions_are_counted(read) -> None:  # type: ignore[no-untyped-def]
    ended = "disconnection: session time: 0:00:{:02}.100 user=shop database=shop host=127.0.0.1 port=5000"
    found: LoggedWork = read(
        *(Logged(message="connection authorized: user=shop database=shop", pid=pid) for pid in range(3)),
        *(Logged(message=ended.format(seconds), pid=seconds) for seconds in (0, 0, 7)),
    )
    assert found.sessions is not None
    assert (found.sessions.opened, found.sessions.ended, found.sessions.short) == (3, 3, 2)


def test_a_plan_in_another_format_is_said(read) -> None:  # type: ignore[no-untyped-def]
    found: LoggedWork = read(
        Logged(message="duration: 301.1 ms  plan:\n<explain>\n  <Query-Text>SELECT 1</Query-Text>")
    )
    assert "auto_explain.log_format" in found.unread[0]


def test_a_plan_in_json() -> None:
    from forge_doctor.slow.logged.plan_text import logged_plan

    found = logged_plan(
        '\n{"Query Text": "SELECT 1", "Plan": {"Node Type": "Seq Scan", "Filter": "(a ~~ \'%x%\'::text)"}}'
    )
    assert found is not None
    assert found.open_pattern
    assert found.plan("k").root is not None
    assert logged_plan("{cut") is None


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "2026-11-22 08:00:00 UTC:10.0.0.1(5000):shop@shop:[77]:",
        "2026-11-22 08:00:00 UTC-6b0b.4d-",
        "2026-11-22 08:00:00.123 UTC [77]: [3-1] db=shop,user=shop ",
        "shop@shop 77 2026-11-22 08:00:00 UTC ",
        "1790000000.123 77 shop ",
        "Nov 22 08:00:00 app/postgres.77 [BLUE] [10-1]  sql_error_code = 00000 pid=77 ",
    ],
)
def test_whatever_stands_before_a_record(tmp_path: Path, prefix: str) -> None:
    inner = QUERY.replace("\n", "\n\t")
    lines = [
        f"{prefix}LOG:  duration: {ms} ms  execute <unnamed>: {inner}\n{prefix}DETAIL:  parameters: $1 = '4711'\n"
        for ms in (500.5, 501.5, 502.5)
    ]
    found = read_text(tmp_path, "".join(lines))
    assert [(one.timed, one.total_ms) for one in found.statements] == [(3, 1504.5)]
    assert "4711" not in repr(found)


def test_the_applications_log_and_the_servers_in_one_stream(tmp_path: Path) -> None:
    from tests.support.engine_logs import BARE, EngineLog
    from tests.support.server_logs import stderr

    log = EngineLog()
    log.begin()
    for number in range(6):
        log.run("SELECT shelves.id \nFROM shelves \nWHERE $1::INTEGER = shelves.hall_id", f"({number},)")
    log.end()
    api = "".join(f"api-1  | {line}\n" for line in log.text(BARE["echo"]).splitlines())
    server = "".join(f"db-1   | {line}\n" for line in stderr([timed(200.0)]).splitlines())
    found = read_text(tmp_path, api + server)
    assert [one.usual for one in found.repetitions] == [6]
    assert sum(one.timed for one in found.statements) == 1
