"""n-plus-one: by the server's counts, and by what the samples caught."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.slow.server.schema import ForeignKey
from forge_doctor.slow.server.work import SampledStatement, Samples
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, snapshot, statement

CHILD = "SELECT books.id, books.title FROM books WHERE $1::INTEGER = books.author_id"
KEY = ForeignKey(
    schema="public", table="books", column="author_id", to_schema="public", to_table="authors", to_column="id"
)


def seen(
    child: str = CHILD, *, calls: int = 200, parents: int = 10, rows: int = 20, caught: int = 0, **overrides: Any
) -> SlowSnapshot:
    parent = statement("SELECT authors.id, authors.name FROM authors LIMIT $1", parents, rows=rows * parents)
    one = statement(child, calls, rows=calls * 7, total_ms=0.05 * calls)
    sampled = (SampledStatement(key=one.key, repeated=caught, sent=caught),)
    return snapshot(one, parent, samples=Samples(looks=77, statements=sampled), **overrides)


def test_a_lazy_load_as_often_as_the_parent_gives_rows() -> None:
    found = only("n-plus-one", seen())
    assert found.confidence is Confidence.HIGH
    assert "about 20 times for each call of" in found.message
    assert "selectinload" in found.remedy
    assert len(found.related) == 1


@pytest.mark.parametrize(
    ("counts", "number"),
    [
        ({"calls": 50, "parents": 10, "rows": 5}, 1),
        ({"calls": 40, "parents": 10, "rows": 4}, 0),
        ({"calls": 50, "parents": 10, "rows": 20}, 1),
        ({"calls": 50, "parents": 10, "rows": 21}, 0),
        ({"calls": 220, "parents": 10, "rows": 20}, 1),
        ({"calls": 230, "parents": 10, "rows": 20}, 0),
        ({"calls": 19, "parents": 1, "rows": 19}, 0),
    ],
)
def test_the_counts_have_to_fit(counts: dict[str, int], number: int) -> None:
    assert len(findings("n-plus-one", seen(**counts, transactions=1000))) == number


def test_written_otherwise_a_foreign_key_has_to_lead_there() -> None:
    other = "SELECT books.id FROM books WHERE books.shelf = $1"
    key = ForeignKey(schema="p", table="books", column="shelf", to_schema="p", to_table="authors", to_column="id")
    assert findings("n-plus-one", seen(other, transactions=1000)) == ()
    assert only("n-plus-one", seen(other, transactions=1000, foreign_keys=(key,))).confidence is Confidence.MEDIUM


@pytest.mark.parametrize(("caught", "sure"), [(2, Confidence.MEDIUM), (3, Confidence.HIGH)])
def test_caught_in_one_transaction(caught: int, sure: Confidence) -> None:
    told = seen(calls=60, parents=10, rows=20, caught=caught, foreign_keys=(KEY,))
    assert only("n-plus-one", told).confidence is sure


def test_most_of_the_round_trips_is_an_error_where_it_was_caught() -> None:
    assert only("n-plus-one", seen(caught=9)).severity is Severity.ERROR
    assert only("n-plus-one", seen()).severity is Severity.WARNING


@pytest.mark.parametrize(
    "healthy",
    [
        "SELECT books.id FROM books WHERE books.author_id IN ($1, $2)",
        "SELECT books.id FROM books WHERE books.author_id = ANY ($1)",
        "INSERT INTO books (author_id) VALUES ($1)",
        "SELECT sum(books.id) AS s FROM books",
    ],
)
def test_what_is_one_statement_for_all(healthy: str) -> None:
    assert findings("n-plus-one", seen(healthy, foreign_keys=(KEY,))) == ()


def test_a_slow_child_is_slow_for_another_reason() -> None:
    parent = statement("SELECT authors.id FROM authors", 10, rows=200)
    child = statement(CHILD, 200, rows=1400, total_ms=200 * 5.1)
    assert findings("n-plus-one", snapshot(parent, child)) == ()
