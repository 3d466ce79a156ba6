"""Which sessions the requests in flight may hold: none that idled before they came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.pool.inference.requests import SLACK_S, early_enough

AGES = st.lists(st.floats(0, 1000), max_size=8)


@pytest.mark.parametrize(
    ("idle", "requests", "held"),
    [
        ([20, 10], [25, 12], 2),
        ([20, 10], [12, 12], 1),
        ([20, 10], [9, 9], 0),
        ([20, 10], [None, None], 2),
        ([20, 10], [None, 12], 2),
        ([20, 10], [], 0),
        ([], [5], 0),
        ([10.4], [10], 1),
        ([10.6], [10], 0),
    ],
)
def test_one_request_each_that_came_first(idle: list[float], requests: list[float | None], held: int) -> None:
    assert early_enough(idle, requests) == held


@given(idle=AGES, requests=st.lists(st.none() | st.floats(0, 1000), max_size=8))
def test_never_more_than_there_are_and_all_where_nothing_is_known(
    idle: list[float], requests: list[float | None]
) -> None:
    held = early_enough(idle, requests)
    assert held <= min(len(idle), len(requests))
    assert early_enough(idle, [None] * len(requests)) == min(len(idle), len(requests)) >= held


@given(idle=AGES)
def test_requests_as_old_as_the_sessions_hold_them_all_and_younger_ones_none(idle: list[float]) -> None:
    assert early_enough(idle, list(idle)) == len(idle)
    youngest = min(idle, default=0.0) - SLACK_S - 1
    assert early_enough(idle, [youngest] * 3) == 0
