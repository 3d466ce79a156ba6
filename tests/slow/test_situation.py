"""What checks are given: transactions counted by whoever counts them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forge_doctor.slow.server.work import DatabaseDelta
from forge_doctor.slow.situation import Situation
from tests.support.slow_snapshots import server, snapshot, statement, statistics


@pytest.mark.parametrize(
    ("window_s", "counted", "own", "database", "transactions"),
    [
        (5.0, 100, 0, 110, 100),
        (5.0, 100, 0, 201, 201),
        (5.0, 85, 80, 15_000, 14_920),
        (None, 100, 0, 9000, 100),
        (None, 80, 80, 9000, None),
    ],
)
def test_a_prepared_commit_is_counted_once_by_the_statements(
    window_s: float | None, counted: int, own: int, database: int, transactions: int | None
) -> None:
    told = statistics(statement("SELECT a FROM t"), transactions=counted, window_s=window_s, own=own)
    work = server(statistics=told, delta=DatabaseDelta(window_s=5.0, transactions=database))
    assert Situation(replace(snapshot(), server=work)).transactions == transactions
