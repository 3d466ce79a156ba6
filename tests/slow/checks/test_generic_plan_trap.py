"""generic-plan-trap: one plan for common and rare values."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.slow.plan import RareValue
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, plan, scan, snapshot, statement, table


def seen(
    *, calls: int = 20, blocks: int = 5000, settings: dict[str, str] | None = None, **of_rare: Any
) -> SlowSnapshot:
    one = statement("SELECT t.a FROM t WHERE t.state = $1", calls, blocks=blocks * calls)
    own = {"column": "state", "frequency": 0.0005, "generic_cost": 1000.0, "cost": 100.0, "index": "t_state_idx"}
    rare = RareValue(**{**own, **of_rare})
    plans = (plan(one, scan("t", "(t.state = $1)"), rare=rare),)
    return snapshot(one, plans=plans, tables=(table("t"),), settings=settings or {})


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({}, 1),
        ({"cost": 100.1}, 0),
        ({"index": ""}, 0),
        ({"calls": 5}, 0),
        ({"calls": 6}, 1),
        ({"blocks": 299}, 0),
        ({"blocks": 300}, 1),
        ({"settings": {"plan_cache_mode": "force_custom_plan"}}, 0),
    ],
)
def test_a_tenth_of_the_cost_by_an_index(overrides: dict[str, Any], number: int) -> None:
    assert len(findings("generic-plan-trap", seen(**overrides))) == number
