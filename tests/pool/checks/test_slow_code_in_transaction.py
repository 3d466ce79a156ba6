"""slow-code-in-transaction: they come and go, unlike leaked ones."""

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import StatementLine
from tests.support.snapshots import findings, idle_in_transaction, only, serving, snapshot


def slow(*ages: float) -> tuple:  # type: ignore[type-arg]
    return tuple(idle_in_transaction(pid, age, statement="INSERT INTO orders") for pid, age in enumerate(ages, 1))


def test_three_that_dawdle_are_a_finding_two_are_not() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(0.5, 2))) == ()
    assert "up to 3.0 s" in only("slow-code-in-transaction", snapshot(*slow(0.5, 2, 3))).message


def test_a_round_trip_between_two_statements_is_none() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(0.01, 0.05, 0.29))) == ()


def test_leaked_ones_are_left_to_their_own_check() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(10, 20, 30))) == ()
    assert findings("slow-code-in-transaction", snapshot(*slow(0.5, 2, 3, 20, 30, 40))) == ()


def line(pid: int, ended: bool | None = True, runs_as: str = "") -> StatementLine:
    return StatementLine(
        pid=pid,
        file="jobs.py",
        line=8,
        function="poll",
        confidence=Confidence.MEDIUM,
        why="builds this statement",
        runs_as=runs_as,
        starter="create_task in app.py:3" if runs_as else "",
        ended=ended,
    )


def test_sessions_that_a_block_is_sure_to_end_are_no_leak_however_old() -> None:
    sessions = slow(20, 30, 400)
    seen = snapshot(*sessions, statement_lines=tuple(line(one.pid) for one in sessions))
    assert "up to 6 min" in only("slow-code-in-transaction", seen).message
    assert findings("leaked-transactions", seen) == ()


@pytest.mark.parametrize("ended", [None, False])
def test_what_the_source_does_not_show_to_end_may_be_leaked(ended: bool | None) -> None:
    sessions = slow(20, 30, 400)
    lines = (*(line(one.pid) for one in sessions[:2]), line(3, ended))
    assert findings("slow-code-in-transaction", snapshot(*sessions, statement_lines=lines)) == ()
    assert len(findings("leaked-transactions", snapshot(*sessions, statement_lines=lines))) == 1
    only_there = tuple(line(one.pid, ended) for one in sessions)
    message = only("leaked-transactions", snapshot(*sessions, statement_lines=only_there)).message
    assert ("in poll (jobs.py:8) and never ends it" in message) is (ended is False)


def test_what_runs_apart_from_requests_is_said() -> None:
    sessions = slow(20, 30, 40)
    lines = tuple(line(one.pid, runs_as="background task") for one in sessions)
    message = only("slow-code-in-transaction", snapshot(*sessions, statement_lines=lines)).message
    assert "poll (jobs.py:8) runs apart from requests: create_task in app.py:3." in message


def test_without_a_request_that_could_hold_them_no_call_is_blamed() -> None:
    held = slow(3.0, 2.0, 1.0)
    nobody = only("slow-code-in-transaction", snapshot(*held, processes=(serving(7, *held),)))
    assert "No request is in flight that came before them" in nobody.message
    assert "another service" not in nobody.message
    asked = only("slow-code-in-transaction", snapshot(*held, processes=(serving(7, *held, requests=3),)))
    assert "A call to another service" in asked.message
