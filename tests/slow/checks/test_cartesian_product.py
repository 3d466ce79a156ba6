"""cartesian-product: SQLAlchemy's warning, a FROM list that nothing joins, a plan that shows it."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.logged.work import Crossing
from forge_doctor.slow.plan import PlanNode
from tests.support.slow_snapshots import findings, logged, logged_statement, only, plan, scan, snapshot, statement

ID = "cartesian-product"
TEXT = "SELECT halls.name, count(*) FROM halls, keepers WHERE halls.size < $1 GROUP BY halls.name"


def test_a_warning_with_its_statement() -> None:
    one = logged_statement(TEXT, 1)
    crossing = Crossing(tables=("halls", "keepers"), key=one.key)
    found = only(ID, logged(one, crossings=(crossing,)))
    assert found.confidence is Confidence.HIGH
    assert "halls and keepers" in found.message


def test_a_warning_alone_names_its_place() -> None:
    found = only(ID, logged(crossings=(Crossing(tables=("halls", "keepers"), file="/srv/app/a.py", line=31),)))
    assert (found.location.target, found.location.line) == ("/srv/app/a.py", 31)


def test_by_its_text() -> None:
    found = only(ID, snapshot(statement(TEXT, 3, total_ms=900.0)))
    assert found.confidence is Confidence.MEDIUM


def loop(inner: PlanNode) -> PlanNode:
    return PlanNode(kind="Nested Loop", rows=1e6, children=(scan("halls", rows=1000.0), inner))


def test_by_its_plan() -> None:
    row = statement(TEXT, 3, total_ms=3.0)
    found = only(ID, snapshot(row, plans=[plan(row, loop(scan("keepers", rows=1000.0)))]))
    assert found.confidence is Confidence.HIGH


def test_a_loop_that_asks_the_other_side_joins() -> None:
    row = statement("SELECT h.a FROM h, k WHERE h.id = k.h_id", 30, total_ms=3000.0)
    inner = PlanNode(kind="Index Scan", relation="keepers", alias="keepers", index_condition="(id = halls.keeper_id)")
    assert findings(ID, snapshot(row, plans=[plan(row, loop(inner))])) == ()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT h.a FROM h, k WHERE h.id = k.h_id",
        "SELECT h.a FROM h JOIN k ON h.id = k.h_id",
        "SELECT h.a FROM h CROSS JOIN k",
        "SELECT h.a FROM h, settings s WHERE s.id = $1",
        "SELECT h.a FROM h, generate_series($1, $2) g",
        "SELECT h.a FROM h, (SELECT count(*) FROM k) c",
        "SELECT a, b FROM h, k WHERE h_id = id",
        "SELECT h.a FROM h, k, l WHERE h.id = k.h_id AND k.id = l.k_id",
        "SELECT h.a FROM h, k WHERE h.id = k.h_id OR h.other = k.h_id",
        "SELECT h.a FROM h WHERE EXISTS (SELECT 1 FROM k WHERE k.h_id = h.id)",
    ],
)
def test_what_is_joined(text: str) -> None:
    assert findings(ID, snapshot(statement(text, 30, total_ms=3000.0))) == ()


def test_a_product_that_takes_no_time_is_small() -> None:
    assert findings(ID, snapshot(statement(TEXT, 300, total_ms=30.0))) == ()
