"""cartesian-product: nothing leads from one table to the other."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, plan, scan, snapshot, statement, table

TEXT = "SELECT a.n FROM authors a, books b WHERE a.id < $1"


def loop(inner: PlanNode, outer_rows: float = 400.0, **overrides: Any) -> PlanNode:
    outer = scan("authors", "(a.id < $1)", alias="a", rows=outer_rows)
    return PlanNode(kind="Nested Loop", rows=4e6, children=(outer, inner), **overrides)


def seen(root: PlanNode | None, text: str = TEXT, rows: int = 10_000) -> SlowSnapshot:
    one = statement(text, 2)
    tables = (table("authors", rows), table("books", rows))
    return snapshot(one, plans=() if root is None else (plan(one, root),), tables=tables)


BOOKS = scan("books", "(b.published > $2)", alias="b", rows=10_000.0)


@pytest.mark.parametrize(
    ("root", "number"),
    [
        (loop(BOOKS), 1),
        (loop(PlanNode(kind="Materialize", rows=10_000.0, children=(BOOKS,))), 1),
        (loop(BOOKS, join_condition="(a.id = b.author_id)"), 0),
        (loop(scan("books", kind="Index Scan", alias="b", index_condition="(b.author_id = a.id)", rows=50.0)), 0),
        (loop(BOOKS, outer_rows=19.0), 0),
        (loop(BOOKS, outer_rows=20.0), 1),
        (loop(BOOKS, join_type="Semi"), 0),
        (loop(PlanNode(kind="Function Scan", rows=100.0)), 0),
    ],
)
def test_by_the_plan(root: PlanNode, number: int) -> None:
    assert [one.confidence for one in findings("cartesian-product", seen(root))] == [Confidence.HIGH] * number


@pytest.mark.parametrize(
    ("condition", "number"),
    [
        ("a.id < $1", 1),
        ("a.id = b.author_id", 0),
        ("f(a.id, b.id)", 0),
        ("a.id < $1 OR b.id = a.id", 0),
        ("a.id IN (SELECT c.id FROM c)", 0),
        ("id < $1", 0),
    ],
)
def test_by_the_text_where_there_is_no_plan(condition: str, number: int) -> None:
    text = f"SELECT a.n FROM authors a, books b WHERE {condition}"
    assert [one.confidence for one in findings("cartesian-product", seen(None, text))] == [Confidence.MEDIUM] * number


def test_a_join_with_a_condition_and_a_short_table() -> None:
    joined = "SELECT a.n FROM authors a JOIN books b ON b.author_id = a.id"
    assert findings("cartesian-product", seen(None, joined)) == ()
    assert findings("cartesian-product", seen(None, rows=19)) == ()


def test_both_are_named() -> None:
    assert "joins every row of authors with every row of books" in only("cartesian-product", seen(loop(BOOKS))).message


def test_what_the_planner_put_on_both_sides_is_a_condition() -> None:
    """Both columns equal one value, so that no condition is left for the loop."""
    text = "SELECT a.n FROM authors a JOIN books b ON b.author_id = a.id WHERE a.id = $1"
    assert findings("cartesian-product", seen(loop(BOOKS), text)) == ()


@pytest.mark.parametrize(
    ("condition", "mean_ms", "number"),
    [
        ("(b.path ~~ (a.path || '?'))", 900.0, 1),
        ("((b.x = a.x) OR (b.y = a.y))", 900.0, 1),
        ("(b.path ~~ (a.path || '?'))", 99.0, 0),
        ("((b.x = a.x) AND (b.y > a.y))", 900.0, 0),
    ],
)
def test_every_pair_compared_by_what_is_no_equality(condition: str, mean_ms: float, number: int) -> None:
    one = statement("SELECT a.n FROM authors a JOIN books b ON true", 3, total_ms=mean_ms * 3)
    plans = (plan(one, loop(BOOKS, join_condition=condition)),)
    found = findings("cartesian-product", snapshot(one, plans=plans, tables=(table("authors"), table("books"))))
    assert [one.confidence for one in found] == [Confidence.MEDIUM] * number
