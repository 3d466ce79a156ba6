"""sort-spill: temporary files."""

from __future__ import annotations

import pytest

from forge_doctor.slow.plan import PlanNode
from tests.support.slow_snapshots import findings, only, plan, snapshot, statement

TEXT = "SELECT d.id FROM d ORDER BY d.name"


@pytest.mark.parametrize(("blocks", "number"), [(127, 0), (128, 1)])
def test_blocks_a_call(blocks: int, number: int) -> None:
    assert len(findings("sort-spill", snapshot(statement(TEXT, 4, temp_blocks=blocks * 4)))) == number


@pytest.mark.parametrize(
    ("blocks", "words"), [(128, "work_mem = '4MB'"), (2560, "work_mem = '64MB'"), (128_000, "so much memory")]
)
def test_how_much_is_advised(blocks: int, words: str) -> None:
    assert words in only("sort-spill", snapshot(statement(TEXT, 4, temp_blocks=blocks * 4))).remedy


def test_the_plan_names_the_step() -> None:
    one = statement(TEXT, 4, temp_blocks=4000)
    sort = PlanNode(kind="Sort", sort_key=("d.name",), rows=9e5, width=100)
    found = only("sort-spill", snapshot(one, plans=(plan(one, sort),)))
    assert "Sort by d.name" in [evidence.value for evidence in found.evidence]
