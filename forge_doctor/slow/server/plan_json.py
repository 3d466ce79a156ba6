"""What EXPLAIN (FORMAT JSON) writes, as `PlanNode`s without values in them; asks the server nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from forge_doctor.slow.plan import PlanNode
from forge_doctor.sql.masking import without_values

# A literal that the parser reads, and that no value of a user's is.
VALUE = "'?'"
JOINED = ("Hash Cond", "Merge Cond", "Join Filter")
OF_INDEX = ("Index Cond", "Recheck Cond", "TID Cond")
FILTERS = ("Filter", "One-Time Filter")
NUMBERS = ("Plan Rows", "Plan Width", "Startup Cost", "Total Cost")
DEEPEST, MOST_NODES, MOST = 200, 20_000, 1e100


def plan_of(text: str) -> tuple[PlanNode, bool]:
    """The plan's top node, and whether it would be compiled (JIT); raises ValueError for what is no plan."""
    document = json.loads(text)
    top = document[0] if isinstance(document, list) and document else document
    if not isinstance(top, dict) or not is_plan(top.get("Plan")):
        raise ValueError("no plan in it")
    return node_of(top["Plan"]), "JIT" in top


def is_plan(told: object) -> bool:
    """Whether it is a node as the server writes one, and those below it too: a log holds what anybody wrote into it."""
    waiting, nodes = [(told, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if not isinstance(node, dict) or depth > DEEPEST or nodes > MOST_NODES:
            return False
        below, keys = node.get("Plans", []), node.get("Sort Key", [])
        if (
            not isinstance(below, list)
            or not isinstance(keys, list)
            or not all(_is_number(node, name) for name in NUMBERS)
        ):
            return False
        waiting += [(one, depth + 1) for one in below]
    return True


def _is_number(node: Mapping[str, Any], name: str) -> bool:
    value = node.get(name, 0)
    return isinstance(value, int | float) and abs(value) < MOST


def node_of(told: Mapping[str, Any]) -> PlanNode:
    """One node and those below it."""
    return PlanNode(
        kind=str(told.get("Node Type", "")),
        relation=str(told.get("Relation Name", "")),
        schema=str(told.get("Schema", "")),
        alias=str(told.get("Alias", "")),
        index=str(told.get("Index Name", "")),
        rows=float(told.get("Plan Rows", 0)),
        width=int(told.get("Plan Width", 0)),
        startup_cost=float(told.get("Startup Cost", 0)),
        cost=float(told.get("Total Cost", 0)),
        condition=_joined(told, FILTERS),
        index_condition=_joined(told, OF_INDEX),
        join_condition=_joined(told, JOINED),
        join_type=str(told.get("Join Type", "")),
        sort_key=tuple(without_values(str(one), VALUE) for one in told.get("Sort Key", ())),
        role=str(told.get("Parent Relationship", "")),
        children=tuple(node_of(one) for one in told.get("Plans", ())),
    )


def _joined(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return " AND ".join(without_values(str(told[name]), VALUE) for name in names if told.get(name))
