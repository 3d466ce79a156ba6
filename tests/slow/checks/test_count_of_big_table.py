"""count-of-big-table: all rows, counted."""

from __future__ import annotations

import pytest

from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, plan, scan, snapshot, statement, table

TEXT = "SELECT count(*) AS count_1 FROM loans"


def seen(
    text: str = TEXT, *, rows: int = 1_000_000, mean_ms: float = 100.0, root: PlanNode | None = None
) -> SlowSnapshot:
    one = statement(text, total_ms=mean_ms * 100)
    plans = () if root is None else (plan(one, root),)
    return snapshot(one, plans=plans, tables=(table("loans", rows),))


@pytest.mark.parametrize(("rows", "number"), [(99_999, 0), (100_000, 1)])
def test_how_large(rows: int, number: int) -> None:
    assert len(findings("count-of-big-table", seen(rows=rows))) == number


@pytest.mark.parametrize(("mean_ms", "number"), [(4.9, 0), (5.0, 1)])
def test_how_long(mean_ms: float, number: int) -> None:
    assert len(findings("count-of-big-table", seen(mean_ms=mean_ms))) == number


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT} WHERE loans.open",
        "SELECT loans.kind, count(*) FROM loans GROUP BY loans.kind",
        "SELECT count(*) FROM (SELECT loans.id FROM loans WHERE loans.id > $1) AS anon_1",
        "SELECT loans.id FROM loans",
    ],
)
def test_a_condition_or_a_group(text: str) -> None:
    assert findings("count-of-big-table", seen(text)) == ()


def test_the_plan_says_what_is_below_the_aggregate() -> None:
    whole = PlanNode(kind="Index Only Scan", relation="loans", schema="public", alias="loans", index="loans_pkey")
    aggregate = PlanNode(kind="Aggregate", children=(PlanNode(kind="Gather", children=(whole,)),))
    found = only("count-of-big-table", seen(root=aggregate))
    assert """WHERE oid = '"public"."loans"'::regclass;""" in found.remedy
    filtered = PlanNode(kind="Aggregate", children=(scan("loans", "loans.open"),))
    assert findings("count-of-big-table", seen(root=filtered)) == ()
