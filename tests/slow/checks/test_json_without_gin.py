"""json-without-gin: containment in a whole table."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import column, findings, index, only, plan, scan, snapshot, statement, table


def seen(condition: str, *, blocks: int = 5000, rows: int = 80, **overrides: Any) -> SlowSnapshot:
    one = statement(f"SELECT p.id FROM parcel p WHERE {condition}", blocks=blocks * 100, rows=rows * 100)
    plans = overrides.pop("plans", (plan(one, scan("parcel", condition, alias="p")),))
    return snapshot(one, plans=plans, tables=(table("parcel"),), **overrides)


@pytest.mark.parametrize(
    ("condition", "mend"),
    [
        ("(p.labels @> $1)", 'USING gin ("labels");'),
        ("(p.labels ? $1)", 'USING gin ("labels");'),
        ("(p.labels && $1)", 'USING gin ("labels");'),
        ("($1 = ANY (p.labels))", ".contains([value])"),
        ("((p.labels ->> $2) = $1)", ".contains({'key': value})"),
    ],
)
def test_each_operator_and_its_mend(condition: str, mend: str) -> None:
    assert mend in only("json-without-gin", seen(condition)).remedy


@pytest.mark.parametrize(("blocks", "number"), [(299, 0), (300, 1)])
def test_blocks_a_call(blocks: int, number: int) -> None:
    assert len(findings("json-without-gin", seen("(p.labels @> $1)", blocks=blocks))) == number


@pytest.mark.parametrize(
    ("own", "number"), [(index("parcel", "labels", method="gin"), 0), (index("parcel", "labels"), 1)]
)
def test_a_gin_index_is_there(own: Any, number: int) -> None:
    assert len(findings("json-without-gin", seen("(p.labels @> $1)", indexes=(own,)))) == number


def test_most_rows_match() -> None:
    assert findings("json-without-gin", seen("(p.labels @> $1)", rows=200_000)) == ()


def test_an_array_parameter_is_no_array_column() -> None:
    assert findings("json-without-gin", seen("(p.hub_id = ANY ($1))")) == ()


def test_beside_an_or_with_a_subquery_it_says_that_an_index_is_not_all() -> None:
    either = "(((p.labels ->> $2) = $1) OR EXISTS(SubPlan 1))"
    assert "union()" in only("json-without-gin", seen(either)).remedy


def test_what_an_index_leaves_is_told_less_surely() -> None:
    one = statement("SELECT p.id FROM parcel p", blocks=500_000, total_ms=900.0)
    node = scan("parcel", "(p.labels @> $1)", kind="Bitmap Heap Scan", alias="p", index_condition="(p.hub_id = $2)")
    found = only("json-without-gin", snapshot(one, plans=(plan(one, node),), tables=(table("parcel"),)))
    assert found.confidence is Confidence.MEDIUM
    assert "the rows of parcel that an index gives" in found.message


def test_json_takes_no_gin_but_an_index_of_the_key() -> None:
    condition = "((p.labels ->> $2) = $1)"
    found = only("json-without-gin", seen(condition, columns=(column("parcel", "labels", kind="json"),)))
    assert "make it jsonb" in found.remedy
    assert "USING gin" not in found.remedy


def test_a_part_of_a_partitioned_table_and_an_invalid_one() -> None:
    one = statement("SELECT p.id FROM parcel p", blocks=500_000, rows=8000)
    plans = (plan(one, scan("parcel", "(p.labels @> $1)", alias="p")),)
    part = snapshot(one, plans=plans, tables=(table("parcel", parent='public."parcels"'),))
    assert 'ON ONLY public."parcels"' in only("json-without-gin", part).remedy
    left = index("parcel", "labels", method="gin", valid=False)
    again = snapshot(one, plans=plans, tables=(table("parcel"),), indexes=(left,))
    assert only("json-without-gin", again).remedy.startswith("REINDEX INDEX CONCURRENTLY")
