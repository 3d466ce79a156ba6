"""query-in-loop: the same statement row by row in one transaction."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from tests.support.slow_snapshots import findings, logged, logged_statement, only, repetition

ID = "query-in-loop"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("SELECT halls.id FROM halls WHERE halls.name = $1 AND halls.kind = $2", ".in_(values)"),
        ("SELECT count(*) FROM visits WHERE visits.hall_id = $1", ".in_(values)"),
        ("UPDATE halls SET name=$1 WHERE halls.id = $2", "update(Model)"),
        ("DELETE FROM halls WHERE halls.id = $1", "delete(Model)"),
    ],
)
def test_row_by_row(text: str, remedy: str) -> None:
    one = logged_statement(text, 60)
    found = only(ID, logged(one, repetitions=(repetition(one),)))
    assert found.confidence is Confidence.HIGH
    assert remedy in found.remedy


def test_the_same_again_is_kept() -> None:
    one = logged_statement("SELECT settings.value FROM settings WHERE settings.key = $1", 60)
    found = only(ID, logged(one, repetitions=(repetition(one, differing=False),)))
    assert found.confidence is Confidence.MEDIUM
    assert "keep" in found.remedy


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("SELECT halls.id FROM halls ORDER BY halls.id LIMIT $1 OFFSET $2", {}),  # in pieces
        ("SELECT halls.id FROM halls WHERE halls.id > $1 ORDER BY halls.id LIMIT $2", {}),
        ("SELECT halls.id FROM halls WHERE halls.id IN ($1)", {}),
        ("UPDATE halls SET name=$1 WHERE halls.id = $2", {"batched": 60}),
        ("UPDATE halls SET name=$1 WHERE halls.id = $2", {"usual": 4, "least": 4, "most": 4}),
        ("INSERT INTO halls (name) VALUES ($1)", {}),
        ("SELECT shelves.id FROM shelves WHERE $1 = shelves.hall_id", {}),  # n-plus-one's
    ],
)
def test_what_is_none(text: str, changes: dict[str, int]) -> None:
    one = logged_statement(text, 60)
    assert findings(ID, logged(one, repetitions=(repetition(one, **changes),))) == ()
