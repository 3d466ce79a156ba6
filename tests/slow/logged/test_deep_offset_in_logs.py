"""deep-offset: by the depth in a log, by time, by blocks."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from tests.support.slow_snapshots import findings, logged, logged_statement, only

ID = "deep-offset"
TEXT = "SELECT halls.id FROM halls ORDER BY halls.id LIMIT $1 OFFSET $2"


@pytest.mark.parametrize(("deepest", "number"), [(9_999, 0), (10_000, 1)])
def test_depth(deepest: int, number: int) -> None:
    assert len(findings(ID, logged(logged_statement(TEXT, deepest=deepest)))) == number


def test_depth_and_time_are_sure() -> None:
    one = logged_statement(TEXT, 0, deepest=90_000, timed=3, total_ms=900.0, longest_ms=400.0, longest_own_ms=400.0)
    found = only(ID, logged(one))
    assert found.confidence is Confidence.HIGH
    assert "90,000 rows" in found.message


@pytest.mark.parametrize(("own", "number"), [(99.0, 0), (100.0, 1)])
def test_time_alone(own: float, number: int) -> None:
    one = logged_statement(TEXT, 0, timed=3, total_ms=900.0, longest_ms=900.0, longest_own_ms=own)
    assert [one.confidence for one in findings(ID, logged(one))] == [Confidence.MEDIUM] * number
