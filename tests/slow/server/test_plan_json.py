"""EXPLAIN's JSON becomes nodes without a value in them."""

from __future__ import annotations

import json

import pytest

from forge_doctor.slow.server.plan_json import plan_of

SCAN = {
    "Node Type": "Seq Scan",
    "Relation Name": "t",
    "Schema": "public",
    "Alias": "x",
    "Plan Rows": 7,
    "Total Cost": 12.5,
    "Filter": "((x.a = 'secret'::text) AND (x.meta ? 'key') AND (x.n > 42))",
}


def test_conditions_are_kept_and_values_are_not() -> None:
    root, jit = plan_of(json.dumps([{"Plan": {"Node Type": "Limit", "Plans": [SCAN]}, "JIT": {"Functions": 3}}]))
    node = root.children[0]
    assert jit
    assert (node.kind, node.relation, node.schema, node.alias, node.rows, node.cost) == (
        "Seq Scan",
        "t",
        "public",
        "x",
        7,
        12.5,
    )
    assert node.condition == "((x.a = '?'::text) AND (x.meta ? '?') AND (x.n > '?'))"


def test_what_joins_what_and_what_an_index_is_asked() -> None:
    told = {"Node Type": "Hash Join", "Hash Cond": "(a.x = b.x)", "Join Filter": "(a.y < b.y)", "Join Type": "Left"}
    root, _ = plan_of(json.dumps([{"Plan": told}]))
    assert (root.join_condition, root.join_type) == ("(a.x = b.x) AND (a.y < b.y)", "Left")


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"Plan": 3}]', "null"])
def test_what_is_no_plan(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own, or ours
        plan_of(text)
