"""n-plus-one: by transactions of a log, by the server's numbers; and what looks alike."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence, Severity
from tests.support.slow_snapshots import findings, logged, logged_statement, only, repetition, snapshot, statement

PARENT = logged_statement("SELECT halls.id, halls.name FROM halls ORDER BY halls.id LIMIT $1", 3)
CHILD = logged_statement("SELECT shelves.id, shelves.hall_id FROM shelves WHERE $1::INTEGER = shelves.hall_id", 60)
KEEPER = logged_statement("SELECT keepers.id, keepers.name FROM keepers WHERE keepers.id = $1", 60)
SHELVES = logged_statement("SELECT shelves.id, shelves.keeper_id FROM shelves", 3)
ID = "n-plus-one"


def test_a_lazy_load_of_many() -> None:
    found = only(ID, logged(PARENT, CHILD, repetitions=(repetition(CHILD, PARENT),)))
    assert found.confidence is Confidence.HIGH
    assert "20 times in each of 3 transactions" in found.message
    assert "selectinload" in found.remedy


def test_a_load_of_one_that_the_parent_names() -> None:
    assert only(ID, logged(SHELVES, KEEPER, repetitions=(repetition(KEEPER, SHELVES),))).confidence is Confidence.HIGH


@pytest.mark.parametrize(("usual", "number"), [(4, 0), (5, 1)])
def test_runs(usual: int, number: int) -> None:
    one = repetition(CHILD, PARENT, usual=usual, least=usual, most=usual)
    assert len(findings(ID, logged(PARENT, CHILD, repetitions=(one,)))) == number


def test_fifty_are_an_error() -> None:
    one = repetition(CHILD, PARENT, usual=50, least=50, most=50)
    assert only(ID, logged(PARENT, CHILD, repetitions=(one,))).severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "differing"),
    [
        ("SELECT keepers.id FROM keepers WHERE keepers.id = $1", True),  # the parent names no keeper
        ("SELECT shelves.id FROM shelves WHERE shelves.hall_id IN ($1)", True),
        ("SELECT shelves.id FROM shelves WHERE shelves.hall_id = $1 AND shelves.kind = $2", True),
        ("SELECT shelves.id, shelves.hall_id FROM shelves WHERE $1::INTEGER = shelves.hall_id", False),
    ],
)
def test_what_is_none(text: str, differing: bool) -> None:
    child = logged_statement(text, 60)
    assert findings(ID, logged(PARENT, child, repetitions=(repetition(child, PARENT, differing=differing),))) == ()


def test_requests_that_were_not_told_apart() -> None:
    one = repetition(CHILD, PARENT, separable=False, least=0, most=0)
    found = only(ID, logged(PARENT, CHILD, repetitions=(one,), interleaved=True))
    assert found.confidence is Confidence.MEDIUM
    assert any("told apart" in str(one.value) for one in found.evidence)


def numbers(calls: int, parent_rows: int, transactions: int = 400) -> tuple[object, ...]:
    seen = snapshot(
        statement(PARENT.text, 30, rows=parent_rows),
        statement(CHILD.text, calls, rows=calls * 4, total_ms=0.05 * calls),
        statement(
            "SELECT shelves.id, shelves.hall_id FROM shelves WHERE shelves.hall_id IN ($1 /*, ... */)", 20, rows=400
        ),
        transactions=transactions,
    )
    return findings(ID, seen)


def test_the_servers_numbers() -> None:
    # Twenty of the thirty lists loaded their shelves at once.
    assert len(numbers(200, 600)) == 1


@pytest.mark.parametrize(("calls", "rows"), [(150, 600), (40, 600), (900, 600)])
def test_other_numbers_prove_nothing(calls: int, rows: int) -> None:
    assert numbers(calls, rows) == ()


def test_more_than_the_other_transactions_could_have_sent() -> None:
    # Of 40 transactions 10 are the lists': the others sent 30 of the 150 at most.
    assert len(numbers(150, 600, transactions=40)) == 1
