"""commit-per-row: in one request of a log; by the server's numbers only as a question."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.slow.logged.work import CommitSeries
from tests.support.slow_snapshots import findings, logged, logged_statement, only, snapshot, statement

ID = "commit-per-row"
TEXT = "INSERT INTO visits (hall_id) VALUES ($1::INTEGER) RETURNING visits.id"
ONE = logged_statement(TEXT, 60)


def series(usual: int = 10, bounded: str = "access lines") -> CommitSeries:
    return CommitSeries(key=ONE.key, requests=1, commits=usual, usual=usual, bounded=bounded, routes=("POST /visits",))


@pytest.mark.parametrize(
    ("bounded", "confidence"),
    [
        ("a field of the records", Confidence.HIGH),
        ("access lines", Confidence.HIGH),
        ("the number of access lines", Confidence.MEDIUM),
        ("", Confidence.LOW),
    ],
)
def test_how_sure_it_is(bounded: str, confidence: Confidence) -> None:
    found = only(ID, logged(ONE, series=(series(bounded=bounded),)))
    assert found.confidence is confidence
    assert "10 times in one request (POST /visits)" in found.message


@pytest.mark.parametrize(("usual", "number"), [(4, 0), (5, 1)])
def test_commits(usual: int, number: int) -> None:
    assert len(findings(ID, logged(ONE, series=(series(usual),)))) == number


@pytest.mark.parametrize(("calls", "rows", "number"), [(200, 200, 1), (49, 49, 0), (200, 2000, 0), (150, 150, 0)])
def test_the_servers_numbers_are_a_question(calls: int, rows: int, number: int) -> None:
    found = findings(ID, snapshot(statement(TEXT, calls, rows=rows), transactions=max(calls, 200)))
    assert [(one.severity, one.confidence) for one in found] == [(Severity.INFO, Confidence.LOW)] * number


def test_two_writes_as_often_are_no_row_by_row() -> None:
    update = statement("UPDATE halls SET visits=$1 WHERE halls.id = $2", 200)
    assert findings(ID, snapshot(statement(TEXT, 200), update, transactions=200)) == ()
