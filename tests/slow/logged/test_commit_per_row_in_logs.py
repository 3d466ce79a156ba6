"""commit-per-row: in one request of a log; by the server's numbers only as a question."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.logged.work import CommitSeries
from tests.support.slow_snapshots import findings, logged, logged_statement, only

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
