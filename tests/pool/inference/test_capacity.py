"""The arithmetic of slots and pools, against the worked cases it was designed from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.pool.inference.capacity import SPARE_SLOTS, demand, recommend, usable_slots
from forge_doctor.pool.snapshot import Number
from tests.support.snapshots import application, server


@pytest.mark.parametrize(
    ("overrides", "role", "slots"),
    [
        ({}, "shop", 47),
        ({"reserved": 7}, "shop", 40),
        ({"role_limits": {"shop": 20}}, "shop", 20),
        ({"role_limits": {"shop": 20}}, "other", 47),
        ({"role_limits": {"shop": 20}, "superusers": ("shop",)}, "shop", 47),
        ({"database_limits": {"shop": 30}, "role_limits": {"shop": 31}}, "shop", 30),
        ({"role_limits": {"shop": 90}}, "shop", 47),
    ],
)
def test_the_lowest_limit_counts(overrides: dict[str, object], role: str, slots: int) -> None:
    assert usable_slots(server(**overrides), role, "shop").slots == slots


@pytest.mark.parametrize(
    ("usable", "others", "workers", "pool_size", "max_overflow"), [(47, 2, 4, 5, 5), (57, 2, 8, 3, 3), (10, 5, 4, 0, 0)]
)
def test_the_budget_split_where_the_load_is_unknown(
    usable: int, others: int, workers: int, pool_size: int, max_overflow: int
) -> None:
    sizing = recommend(usable, others, workers)
    assert (sizing.pool_size, sizing.max_overflow) == (pool_size, max_overflow)
    assert sizing.upper_bound_only


@pytest.mark.parametrize(("in_use", "pool_size", "max_overflow"), [(2.0, 2, 4), (10.0, 10, 8)])
def test_littles_law_where_it_is_known(in_use: float, pool_size: int, max_overflow: int) -> None:
    sizing = recommend(200, 0, 4, in_use)
    assert (sizing.pool_size, sizing.max_overflow) == (pool_size, max_overflow)


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 200), st.none() | st.floats(0, 500))
def test_the_advice_never_exceeds_the_slots(usable: int, others: int, workers: int, in_use: float | None) -> None:
    sizing = recommend(usable, others, workers, in_use)
    total = workers * (sizing.pool_size + sizing.max_overflow)
    assert sizing.pool_size >= 0
    assert sizing.max_overflow >= 0
    assert total == 0 or total <= usable - others - SPARE_SLOTS


def test_a_deployment_adds_a_quarter_only_where_there_are_replicas() -> None:
    one, four = demand(application()), demand(application(replicas=Number(value=4, source="--replicas")))
    assert one is not None
    assert four is not None
    assert (one.connections, one.surge_connections) == (20, 20)
    assert (four.connections, four.surge_connections) == (80, 100)


@pytest.mark.parametrize(
    "overrides",
    [
        {"pool_class": "NullPool"},
        {"pool_size": Number(value=0, source="x")},
        {"max_overflow": Number(value=-1, source="x")},
    ],
)
def test_an_unlimited_pool_has_no_number(overrides: dict[str, object]) -> None:
    wanted = demand(application(**overrides))
    assert wanted is not None
    assert wanted.connections is None
