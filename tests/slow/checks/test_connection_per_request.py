"""connection-per-request: nearly as many sessions as transactions."""

from __future__ import annotations

import pytest

from forge_doctor.slow.server.work import DatabaseDelta, Samples
from tests.support.slow_snapshots import findings, snapshot


@pytest.mark.parametrize(
    ("sessions", "transactions", "number"), [(88, 89, 1), (10, 33, 1), (10, 34, 0), (9, 9, 0), (None, 9, 0)]
)
def test_new_sessions(sessions: int | None, transactions: int, number: int) -> None:
    delta = DatabaseDelta(window_s=4.0, sessions=sessions, transactions=transactions)
    assert len(findings("connection-per-request", snapshot(delta=delta))) == number


def test_a_pgbouncer_opens_them_for_others() -> None:
    delta = DatabaseDelta(window_s=4.0, sessions=50, transactions=50)
    assert findings("connection-per-request", snapshot(delta=delta, samples=Samples(looks=80, bouncer=True))) == ()


def test_without_two_looks_nothing_is_told() -> None:
    assert findings("connection-per-request", snapshot()) == ()


def test_our_own_looks_are_no_transactions_of_the_application() -> None:
    delta = DatabaseDelta(window_s=4.0, sessions=40, transactions=140)
    assert findings("connection-per-request", snapshot(delta=delta)) == ()
    assert len(findings("connection-per-request", snapshot(delta=delta, samples=Samples(looks=80)))) == 1
