"""A plan in a log is what anybody wrote into it: it is read, or counted as one that was not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.slow.server.plan_json import plan_of
from tests.support.engine_logs import read_text
from tests.support.server_logs import Logged, stderr

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([1]),
)
NAMES = (
    "Plans",
    "Plan Rows",
    "Plan Width",
    "Startup Cost",
    "Total Cost",
    "Sort Key",
    "Filter",
    "Index Cond",
    "Node Type",
)
PLANS = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), ODD, max_size=4),
    lambda inner: st.fixed_dictionaries(
        {"Node Type": st.just("Sort"), "Plans": st.lists(st.one_of(inner, ODD), max_size=3)}
    ),
    max_leaves=6,
)
DIGITS = "9" * 6_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLANS)
def test_any_json_is_read_or_refused(tmp_path: Path, plan: dict[str, Any]) -> None:
    text = json.dumps({"Query Text": "SELECT 1 FROM t", "Plan": plan})
    read = read_text(tmp_path, stderr([Logged(message=f"duration: 12.5 ms  plan:\n{text}")]), names=["p.log"])
    assert len(read.statements) == 1 or read.unread


@pytest.mark.parametrize(
    "plan",
    [
        '{"Query Text": "SELECT 1", "Plan": ' + '{"Plans": [' * 50_000 + "]}" * 50_000 + "}",
        '{"Query Text": "SELECT 1", "Plan": ' + '{"Plans": [' * 400 + "]}" * 400 + "}",
        f"Query Text: SELECT 1\nSeq Scan on t  (cost=0.00..{DIGITS}.00 rows={DIGITS} width={DIGITS})",
        f"Query Text: SELECT 1\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=1) (actual time=0.1..0.1 rows=1 loops={DIGITS})",
    ],
)
def test_what_is_nested_or_large_without_end_is_not_read(tmp_path: Path, plan: str) -> None:
    read_text(tmp_path, stderr([Logged(message=f"duration: 12.5 ms  plan:\n{plan}")]), names=["p.log"])


def test_a_server_s_plan_of_another_form_is_none() -> None:
    with pytest.raises(ValueError, match="no plan"):
        plan_of('[{"Plan": {"Plans": [1]}}]')
