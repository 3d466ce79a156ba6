"""n-plus-one: by transactions of a log, by the server's numbers; and what looks alike."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence, Severity
from tests.support.slow_snapshots import findings, logged, logged_statement, only, repetition

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
