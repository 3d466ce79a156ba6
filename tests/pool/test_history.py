"""What a watch shows: trends by state, sessions that came and went, findings new and gone."""

from forge_doctor.pool.history import History, sparkline
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from tests.support.snapshots import idle_in_transaction, session, snapshot


def look(history: History, seen: PoolSnapshot) -> Report:
    return history.add(seen, run_pool(seen, Settings(), select=["idle-in-transaction"]))


def test_the_first_look_has_nothing_to_compare_with() -> None:
    assert look(History(), snapshot(session(1))).tables[0].title == "Sessions by state"


def test_changes_between_two_looks() -> None:
    history = History()
    look(history, snapshot(session(1), session(2)))
    report = look(history, snapshot(session(1), idle_in_transaction(3, 40.0)))
    changes = report.tables[1]
    assert changes.title == "Since the last look"
    assert changes.rows[0] == ("sessions", "1 session opened, 1 closed")
    assert changes.rows[1][0] == "new"
    again = look(history, snapshot(session(1)))
    assert [row[0] for row in again.tables[1].rows] == ["sessions", "gone"]


def test_states_have_a_trend() -> None:
    history = History()
    for number in (0, 4, 8):
        report = look(history, snapshot(*(session(pid) for pid in range(number))))
    assert report.tables[0].rows == (("idle", 8, "▁▄█"),)


def test_a_line_of_zeros_is_flat() -> None:
    assert sparkline([0, 0]) == "▁▁"


def test_the_same_fault_seen_at_another_session_is_no_news() -> None:
    history = History()
    look(history, snapshot(idle_in_transaction(1, 50.0), idle_in_transaction(2, 40.0)))
    report = look(history, snapshot(idle_in_transaction(2, 41.0)))
    assert report.tables[1].rows == (("sessions", "0 sessions opened, 1 closed"),)


def test_trends_and_changes_come_before_the_findings() -> None:
    history = History()
    look(history, snapshot(session(1)))
    report = look(history, snapshot(session(1), idle_in_transaction(3, 40.0)))
    page = render([report], OutputFormat.TEXT, RenderOptions())
    assert page.index("Sessions by state") < page.index("Since the last look") < page.index("CRITICAL")
