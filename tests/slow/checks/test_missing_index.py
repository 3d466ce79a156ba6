"""missing-index: a table read as a whole for a few rows."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.slow.plan import PlanNode, Trial
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import (
    column,
    findings,
    index,
    logged,
    logged_statement,
    only,
    plan,
    scan,
    snapshot,
    statement,
    table,
)

TEXT = "SELECT reviews.id FROM reviews WHERE reviews.book_id = $1::INTEGER"
CONDITION = "(reviews.book_id = $1)"
DEFINITION = 'CREATE INDEX ON "public"."reviews" ("book_id")'


def seen(
    *, blocks: int = 10_000, rows: int = 25, calls: int = 12, with_plan: bool = True, **overrides: Any
) -> SlowSnapshot:
    one = statement(TEXT, calls, blocks=blocks * calls, rows=rows * calls, total_ms=90.0 * calls)
    of_plan = {name: overrides.pop(name) for name in ("trials",) if name in overrides}
    node = overrides.pop("node", scan("reviews", CONDITION, rows=25.0))
    plans = (plan(one, node, **of_plan),) if with_plan else ()
    return snapshot(one, plans=plans, **{"tables": (table("reviews"),), **overrides})


@pytest.mark.parametrize(("blocks", "number"), [(299, 0), (300, 1)])
def test_many_blocks_a_call(blocks: int, number: int) -> None:
    assert len(findings("missing-index", seen(blocks=blocks))) == number


@pytest.mark.parametrize(("rows", "number"), [(2001, 0), (2000, 1)])
def test_many_blocks_for_each_row(rows: int, number: int) -> None:
    assert len(findings("missing-index", seen(rows=rows))) == number


@pytest.mark.parametrize(("calls", "number"), [(1, 0), (2, 1)])
def test_what_ran_once_is_nobodys_habit(calls: int, number: int) -> None:
    assert len(findings("missing-index", seen(calls=calls))) == number


def test_the_index_is_typed_out_with_what_a_failed_one_leaves() -> None:
    found = only("missing-index", seen())
    assert found.severity is Severity.ERROR
    assert found.confidence is Confidence.MEDIUM
    assert 'CREATE INDEX CONCURRENTLY "ix_reviews_book_id" ON "public"."reviews" ("book_id");' in found.remedy
    assert "-- one that fails leaves an invalid index behind; then: SELECT format('DROP INDEX CONC" in found.remedy
    assert [one.value for one in found.evidence if one.label == "index"] == ["not tried"]


@pytest.mark.parametrize(
    ("existing", "number"),
    [
        (index("reviews", "book_id"), 0),
        (index("reviews", "book_id", "stars"), 0),
        (index("reviews", "stars", "book_id"), 1),
        (index("reviews", "book_id", valid=False), 1),
        (index("reviews", "book_id", valid=False, being_made=True), 0),
        (index("reviews", "book_id", predicate="stars > 3"), 1),
        (index("reviews", "book_id", method="gin"), 1),
    ],
)
def test_never_one_that_an_existing_one_begins_with(existing: Any, number: int) -> None:
    assert len(findings("missing-index", seen(indexes=(existing,)))) == number


@pytest.mark.parametrize(("rows", "number"), [(9_999, 0), (10_000, 1)])
def test_never_on_a_small_table(rows: int, number: int) -> None:
    assert len(findings("missing-index", seen(tables=(table("reviews", rows),)))) == number


@pytest.mark.parametrize(("kept", "number"), [(50_000.0, 1), (50_001.0, 0)])
def test_not_where_much_of_the_table_is_wanted(kept: float, number: int) -> None:
    assert len(findings("missing-index", seen(node=scan("reviews", CONDITION, rows=kept)))) == number


@pytest.mark.parametrize(
    ("after", "used", "number"), [(35.0, True, 1), (9_000.0, True, 0), (35.0, False, 0), (None, False, 1)]
)
def test_what_was_tried_and_does_not_help_is_not_told(after: float | None, used: bool, number: int) -> None:
    trial = Trial(definition=DEFINITION, cost_before=10_000.0, cost_after=after, used=used, why_not="")
    found = findings("missing-index", seen(trials=(trial,)))
    assert len(found) == number
    assert [one.confidence for one in found] == [Confidence.MEDIUM if after is None else Confidence.HIGH] * number


def test_without_a_plan_the_text_tells() -> None:
    assert only("missing-index", seen(with_plan=False)).confidence is Confidence.MEDIUM
    assert findings("missing-index", seen(with_plan=False, indexes=(index("reviews", "book_id"),))) == ()


def test_a_plan_with_an_index_says_no() -> None:
    node = PlanNode(kind="Index Scan", relation="reviews", schema="public", index_condition=CONDITION)
    assert findings("missing-index", seen(node=node)) == ()


def test_the_more_distinct_column_comes_first() -> None:
    node = scan("reviews", "((reviews.stars = $1) AND (reviews.book_id = $2))", rows=5.0)
    columns = (column("reviews", "stars", distinct=5.0), column("reviews", "book_id", distinct=-0.04))
    assert '("book_id");' in only("missing-index", seen(node=node, columns=columns)).remedy


def test_a_join_with_few_rows_asks_for_the_column_of_the_join() -> None:
    few = PlanNode(kind="Index Scan", relation="books", schema="public", alias="b", rows=20.0)
    hashed = PlanNode(kind="Hash", rows=20.0, children=(few,))
    join = PlanNode(
        kind="Hash Join",
        join_condition="(reviews.book_id = b.id)",
        rows=500.0,
        children=(scan("reviews", rows=1e6), hashed),
    )
    found = only("missing-index", seen(node=join))
    assert "to join them with few others" in found.message
    assert '("book_id");' in found.remedy


def test_a_sort_for_a_limit_asks_for_its_order() -> None:
    sort = PlanNode(kind="Sort", sort_key=("reviews.made DESC",), children=(scan("reviews", rows=1e6),))
    limit = PlanNode(kind="Limit", rows=1e5, children=(sort,))
    assert '("made");' in only("missing-index", seen(node=limit)).remedy


def test_two_statements_that_ask_for_one_index_are_one_finding() -> None:
    first = statement(TEXT, 12, blocks=120_000, rows=24)
    second = statement(TEXT.replace("id FROM", "stars FROM"), 9, blocks=90_000, rows=18)
    plans = [plan(one, scan("reviews", CONDITION, rows=2.0)) for one in (first, second)]
    found = only("missing-index", snapshot(first, second, plans=plans, tables=(table("reviews"),)))
    assert len(found.related) == 1


def test_a_part_of_a_partitioned_table_needs_more_than_one_statement() -> None:
    found = only("missing-index", seen(tables=(table("reviews", parent='public."all reviews"'),)))
    assert 'ON ONLY public."all reviews"' in found.remedy


def test_names_are_quoted() -> None:
    node = scan('odd"name', "(x.select = $1)", alias="x", rows=1.0)
    found = only("missing-index", seen(node=node, tables=(table('odd"name'),)))
    assert 'ON "public"."odd""name" ("select");' in found.remedy


def test_an_index_that_is_walked_for_its_order_asks_for_what_is_compared_first() -> None:
    walk = scan("reviews", "(reviews.stars = $1)", kind="Index Scan", index="reviews_made_idx")
    limit = PlanNode(kind="Limit", children=(walk,))
    found = only("missing-index", seen(node=limit, indexes=(index("reviews", "made"),)))
    assert '("stars", "made");' in found.remedy
    assert "row after row of reviews in the order of reviews_made_idx" in found.message


@pytest.mark.parametrize(("distinct", "number"), [(161.0, 0), (164.0, 1)])
def test_not_where_the_rows_lie_in_as_many_blocks(distinct: float, number: int) -> None:
    """A million rows in 12,207 blocks: of 161 values each has 6,211 rows, anywhere."""
    columns = (column("reviews", "book_id", distinct=distinct),)
    assert len(findings("missing-index", seen(columns=columns))) == number


@pytest.mark.parametrize(("mean_ms", "number"), [(0.9, 0), (1.0, 1)])
def test_what_takes_no_time_is_nobodys_trouble(mean_ms: float, number: int) -> None:
    one = statement(TEXT, 12, blocks=120_000, rows=24, total_ms=mean_ms * 12)
    plans = (plan(one, scan("reviews", CONDITION, rows=2.0)),)
    assert len(findings("missing-index", snapshot(one, plans=plans, tables=(table("reviews"),)))) == number


def test_a_partitioned_table_itself_takes_no_concurrently() -> None:
    remedy = only("missing-index", seen(tables=(table("reviews", partitioned=True),))).remedy
    typed = [line for line in remedy.splitlines() if not line.startswith("--")]
    assert typed == [
        'CREATE INDEX "ix_reviews_book_id" ON ONLY "public"."reviews" ("book_id");   -- invalid until each part\'s is attached:'
    ]


def test_one_that_failed_before_is_made_again() -> None:
    left = index("reviews", "book_id", valid=False, name="ix_reviews_book_id")
    remedy = only("missing-index", seen(indexes=(left,))).remedy
    assert remedy.startswith('REINDEX INDEX CONCURRENTLY "public"."ix_reviews_book_id";')
    assert "CREATE INDEX" not in remedy


@pytest.mark.parametrize("also", [(), ("ix_reviews_book_id_2",)])
def test_a_name_that_is_taken_gets_a_number(also: tuple[str, ...]) -> None:
    other = index("loans", "reader_id", name="ix_reviews_book_id")
    tables = (table("reviews"), *(table(name) for name in also))
    remedy = only("missing-index", seen(indexes=(other,), tables=tables)).remedy
    assert f'CREATE INDEX CONCURRENTLY "ix_reviews_book_id_{2 + len(also)}" ON' in remedy


@pytest.mark.parametrize(
    ("text", "timed", "total_ms", "number"),
    [
        ("SELECT id FROM parcel WHERE hub_id = $1", 3, 450.0, 1),
        # Fast most of the time: once it waited, for the event loop perhaps. And a look-up by the key.
        ("SELECT id FROM parcel WHERE hub_id = $1", 300, 800.0, 0),
        ("SELECT id, code FROM parcel WHERE id = $1", 3, 450.0, 0),
        ("SELECT id FROM parcel WHERE id = $1 AND hub_id = $2", 3, 450.0, 1),
    ],
)
def test_times_that_an_application_measured(text: str, timed: int, total_ms: float, number: int) -> None:
    one = logged_statement(text, 0, timed=timed, total_ms=total_ms, longest_ms=200.0, longest_own_ms=200.0)
    assert len(findings("missing-index", logged(one))) == number
