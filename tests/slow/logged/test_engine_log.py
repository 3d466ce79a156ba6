"""What SQLAlchemy's records say, kind by kind; and that nothing of a value is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.slow.logged.work import LoggedWork
from tests.support.engine_logs import BARE, BY_REQUEST, EngineLog, read_text

ECHO = BARE["echo"]
CHILD = "SELECT shelves.id, shelves.hall_id \nFROM shelves \nWHERE $1::INTEGER = shelves.hall_id"
PARENT = "SELECT halls.id, halls.name \nFROM halls"
INSERT = "INSERT INTO visits (hall_id, note) VALUES ($1::INTEGER, $2::VARCHAR)"


def loop(log: EngineLog, times: int, parameters: str = "({n},)", request: str = "-", pid: int = 4711) -> None:
    log.begin(request, pid)
    log.run(PARENT, "()", request, pid)
    for number in range(times):
        log.run(CHILD, parameters.format(n=number), request, pid)
    log.end(request, pid)


def test_a_batch_is_one_run_of_many_sets(tmp_path: Path) -> None:
    log = EngineLog()
    log.begin()
    shown = ", ".join(f"({n}, 'x')" for n in range(8))
    log.run(INSERT, f"[{shown}  ... displaying 10 of 3000 total bound parameter sets ...  (2998, 'x'), (2999, 'x')]")
    log.run(INSERT, "[(1, 'a'), (2, 'b')]")
    log.end(commit=True)
    (one,) = read_text(tmp_path, log.text(ECHO)).statements
    assert (one.runs, one.sets) == (2, 3002)


def test_rows_that_go_together_and_rows_that_do_not(tmp_path: Path) -> None:
    log = EngineLog()
    log.begin()
    rows = ", ".join(f"(${2 * n + 1}::INTEGER, ${2 * n + 2}::VARCHAR)" for n in range(5))
    log.add(f"INSERT INTO visits (hall_id, note) VALUES {rows} RETURNING visits.id")
    log.add("[generated in 0.00009s (insertmanyvalues) 1/2 (ordered)] (1, 'a', 2, 'b', 3, 'c', 4, 'd', 5, 'e')")
    for number in range(5):
        log.add("INSERT INTO marks (a) VALUES ($1::INTEGER) RETURNING marks.id")
        log.add(f"[insertmanyvalues {number + 1}/5 (ordered; batch not supported)] ({number},)")
    log.end(commit=True)
    found = read_text(tmp_path, log.text(ECHO))
    by_table = {one.text.split()[2]: one for one in found.statements}
    assert by_table["visits"].sets > by_table["visits"].runs
    assert by_table["marks"].sets == by_table["marks"].runs == 5
    assert [one.batched for one in found.repetitions] == [0]


def test_hidden_parameters_are_counted(tmp_path: Path) -> None:
    log = EngineLog()
    loop(log, 7, "[SQL parameters hidden due to hide_parameters=True]")
    (one,) = read_text(tmp_path, log.text(ECHO)).repetitions
    assert (one.usual, one.differing) == (7, None)


def test_the_same_again_is_told_from_others(tmp_path: Path) -> None:
    log = EngineLog()
    loop(log, 7, "(1,)")
    (one,) = read_text(tmp_path, log.text(ECHO)).repetitions
    assert one.differing is False


def test_rows_are_counted_and_dropped(tmp_path: Path) -> None:
    log = EngineLog()
    log.begin()
    log.run(PARENT, "()")
    log.add("Col ('id', 'name')", level="DEBUG")
    for number in range(40):
        log.add(f"Row ({number}, 'Ada Secret')", level="DEBUG")
    log.end()
    found = read_text(tmp_path, log.text(ECHO))
    assert (found.statements[0].rows, found.statements[0].most_rows) == (40, 40)
    assert "Ada" not in repr(found)


def test_parameters_say_where_a_pattern_begins_and_how_deep_a_page_is(tmp_path: Path) -> None:
    log = EngineLog()
    log.begin()
    log.run(
        "SELECT h.id \nFROM h \nWHERE h.note LIKE $1::VARCHAR \n LIMIT $2::INTEGER OFFSET $3::INTEGER",
        "('%gold%', 20, 40000)",
    )
    log.run(
        "SELECT h.id \nFROM h \nWHERE h.note LIKE %(note_1)s \n LIMIT %(param_1)s", "{'note_1': 'gold%', 'param_1': 3}"
    )
    log.end()
    found = read_text(tmp_path, log.text(ECHO))
    told = {(one.patterns, one.open_patterns, one.deepest) for one in found.statements}
    assert told == {(1, 1, 40000), (1, 0, None)}
    assert "gold" not in repr(found)


def test_autocommit_and_savepoints(tmp_path: Path) -> None:
    log = EngineLog()
    log.add("BEGIN (implicit; DBAPI should not BEGIN due to autocommit mode)")
    log.add("SAVEPOINT sa_savepoint_1")
    log.add("[no key 0.00005s] ()")
    for number in range(5):
        log.run(CHILD, f"({number},)")
    log.add("ROLLBACK TO SAVEPOINT sa_savepoint_1")
    log.add("[no key 0.00004s] ()")
    log.add("COMMIT using DBAPI connection.commit(), has no effect due to autocommit mode")
    found = read_text(tmp_path, log.text(ECHO))
    assert (found.transactions, [one.usual for one in found.repetitions]) == (1, [5])


def warned(tmp_path: Path, file: str) -> LoggedWork:
    log = EngineLog()
    log.begin()
    log.run(PARENT, "()")
    log.end()
    lines = log.text(ECHO).splitlines()
    warning = (
        f'{file}: SAWarning: SELECT statement has a cartesian product between FROM element(s) "halls" and FROM element '
        '"keepers".  Apply join condition(s) between each element to resolve.'
    )
    log.begin()
    log.run("SELECT halls.id, keepers.name \nFROM halls, keepers", "()")
    return read_text(tmp_path, "\n".join([*lines, warning, *log.text(ECHO).splitlines()[len(lines) :]]))


def test_a_warning_belongs_to_the_statement_that_names_its_tables(tmp_path: Path) -> None:
    found = warned(tmp_path, "/srv/app/reports.py:31")
    (one,) = found.crossings
    named = {statement.key: statement.text for statement in found.statements}
    assert (one.tables, one.file, one.line) == (("halls", "keepers"), "/srv/app/reports.py", 31)
    assert named[one.key].endswith("FROM halls, keepers")
    assert warned(tmp_path, "sys:1").crossings[0].file == ""


def test_the_pool_is_counted(tmp_path: Path) -> None:
    log = EngineLog()
    for number in range(4):
        connection = f"<AdaptedConnection <asyncpg.connection.Connection object at 0x7f{number}>>"
        for said in (f"Created new connection {connection}", f"Connection {connection} checked out from pool"):
            log.add(said, level="DEBUG", logger="sqlalchemy.pool.impl.NullPool")
    pool = read_text(tmp_path, log.text(ECHO)).pool
    assert pool is not None
    assert (pool.created, pool.checked_out, pool.pool) == (4, 4, "NullPool")


def test_mixed_up_requests_are_counted_by_their_numbers(tmp_path: Path) -> None:
    log = EngineLog()
    for request in ("a", "b", "c"):
        log.begin(request)
        log.run(PARENT, "()")
    for number in range(20):
        for _ in range(3):
            log.run(CHILD, f"({number},)")
    for _ in range(3):
        log.end()
    found = read_text(tmp_path, log.text(ECHO))
    assert found.interleaved
    (one,) = found.repetitions
    assert (one.usual, one.transactions, one.separable) == (20, 3, False)


def test_numbers_that_leave_another_way_are_not_told(tmp_path: Path) -> None:
    log = EngineLog()
    for number in range(30):  # each in a transaction of its own, two at once
        log.begin()
        log.begin()
        log.run(CHILD, f"({number},)")
        log.run(PARENT if number < 3 else CHILD, "()" if number < 3 else f"({number},)")
        log.end()
        log.end()
    found = read_text(tmp_path, log.text(ECHO))
    assert found.interleaved
    assert found.repetitions == ()


@pytest.mark.parametrize(("times", "usual"), [(8, [8]), (2, [])])
@pytest.mark.parametrize("layout", ["fields", "JSON"])
def test_commits_of_one_request(tmp_path: Path, layout: str, times: int, usual: list[int]) -> None:
    log = EngineLog()
    for request in range(6):
        for number in range(times if request == 2 else 1):
            log.begin(f"r{request}")
            log.run(INSERT, f"({number}, 'x')", f"r{request}")
            log.end(f"r{request}", commit=True)
    found = read_text(tmp_path, log.text(BY_REQUEST[layout]))
    assert [one.usual for one in found.series] == usual
    assert all(one.bounded == "a field of the records" for one in found.series)


def test_requests_that_commit_once_each_are_no_series(tmp_path: Path) -> None:
    log = EngineLog()
    for number in range(12):
        log.begin()
        log.run(INSERT, f"({number}, 'x')")
        log.end(commit=True)
        log.accessed("POST /visits")
    assert read_text(tmp_path, log.text(ECHO)).series == ()


def test_a_log_without_sql_is_empty(tmp_path: Path) -> None:
    found = read_text(tmp_path, "2026-11-22 08:00:00,000 INFO shop started\nINFO:     ready\n" * 50)
    assert found.is_empty
    assert found.lines == 100


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "app0.log").mkdir()
    from forge_doctor.slow.logged.collect import collect_logs
    from forge_doctor.streams.sources.files import FileSource

    found = collect_logs([FileSource(name="gone", paths=(tmp_path / "gone.log",))])
    assert found.unread
    assert "no such file" in found.unread[0]
