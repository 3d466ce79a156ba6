"""deep-offset: by the depth in a log, by time, by blocks."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.plan import PlanNode
from tests.support.slow_snapshots import findings, logged, logged_statement, only, plan, scan, snapshot, statement

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


@pytest.mark.parametrize(("blocks", "rows", "number"), [(299, 20, 0), (1000, 20, 1), (1000, 200, 0)])
def test_blocks(blocks: int, rows: int, number: int) -> None:
    row = statement(TEXT, 10, blocks=blocks * 10, rows=rows * 10)
    assert len(findings(ID, snapshot(row))) == number


def test_without_offset_it_is_none() -> None:
    assert findings(ID, snapshot(statement("SELECT halls.id FROM halls LIMIT $1", 10, blocks=90_000, rows=10))) == ()


@pytest.mark.parametrize(
    ("below", "number"),
    [
        (PlanNode(kind="Index Scan", relation="halls", index="halls_pkey"), 1),
        (PlanNode(kind="Sort", sort_key=("halls.id",), children=(scan("halls"),)), 0),
        (scan("halls", "(halls.kind = $3)", kind="Index Scan", index="halls_pkey"), 0),
    ],
)
def test_a_sort_and_a_filter_cost_by_themselves(below: PlanNode, number: int) -> None:
    one = statement(TEXT, 5, blocks=30_000, rows=100)
    seen = snapshot(one, plans=(plan(one, PlanNode(kind="Limit", children=(below,))),))
    assert len(findings(ID, seen)) == number


def test_without_a_plan_a_condition_may_be_what_costs() -> None:
    text = TEXT.replace("ORDER", "WHERE halls.kind = $3 ORDER")
    assert findings(ID, snapshot(statement(text, 5, blocks=30_000, rows=100))) == ()
