"""deep-offset: rows that are read and thrown away."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, plan, scan, snapshot, statement

TEXT = "SELECT loans.id, loans.note FROM loans ORDER BY loans.id LIMIT $1 OFFSET $2"


def seen(
    text: str = TEXT, *, blocks: int = 6000, rows: int = 20, calls: int = 5, root: PlanNode | None = None
) -> SlowSnapshot:
    one = statement(text, calls, blocks=blocks * calls, rows=rows * calls)
    return snapshot(one, plans=() if root is None else (plan(one, root),))


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({}, 1),
        ({"blocks": 299}, 0),
        ({"blocks": 300}, 1),
        ({"blocks": 999, "rows": 100}, 0),
        ({"blocks": 1000, "rows": 100}, 1),
        ({"calls": 1}, 0),
        ({"text": TEXT.removesuffix(" OFFSET $2")}, 0),
        ({"text": f"SELECT count(*) FROM ({TEXT}) AS anon_1"}, 0),
    ],
)
def test_blocks_for_a_page(overrides: dict[str, Any], number: int) -> None:
    assert len(findings("deep-offset", seen(**overrides))) == number


def test_a_table_that_is_sorted_lacks_an_index() -> None:
    sort = PlanNode(kind="Sort", sort_key=("loans.id",), children=(scan("loans"),))
    assert findings("deep-offset", seen(root=PlanNode(kind="Limit", children=(sort,)))) == ()
    walk = PlanNode(kind="Index Scan", relation="loans", index="loans_pkey")
    assert len(findings("deep-offset", seen(root=PlanNode(kind="Limit", children=(walk,))))) == 1
