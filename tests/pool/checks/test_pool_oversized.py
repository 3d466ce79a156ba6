"""pool-oversized: connections kept for a load that never comes."""

import pytest

from tests.support.snapshots import findings, only, session, snapshot


def sessions(idle: int, busy: int, age_s: float = 60.0) -> tuple:  # type: ignore[type-arg]
    return (
        *(session(pid, state_age_s=age_s) for pid in range(idle)),
        *(session(100 + pid, state="active") for pid in range(busy)),
    )


@pytest.mark.parametrize(("idle", "busy", "number"), [(9, 0, 0), (10, 0, 1), (12, 3, 1), (12, 4, 0)])
def test_at_least_ten_and_four_fifths(idle: int, busy: int, number: int) -> None:
    assert len(findings("pool-oversized", snapshot(*sessions(idle, busy)))) == number


def test_a_lull_of_less_than_a_minute_is_none() -> None:
    assert findings("pool-oversized", snapshot(*sessions(20, 0, age_s=59.0))) == ()


def test_the_advice_keeps_the_peak() -> None:
    assert "pool_size=2, max_overflow=8" in only("pool-oversized", snapshot(*sessions(10, 0))).remedy
