"""Which statement asks for the rows that another's rows name."""

from __future__ import annotations

import pytest

from forge_doctor.sql.relations import asks_by_one, leads_to, loads_at_once
from forge_doctor.sql.shape import shape_of

PARENT = "SELECT loans.id, loans.member_id, loans.owner_id FROM loans"


@pytest.mark.parametrize(
    ("child", "related"),
    [
        ("SELECT m.name FROM members m WHERE m.id = $1", True),
        ("SELECT notes.id FROM notes WHERE $1 = notes.loan_id", True),
        ("SELECT notes.id FROM notes WHERE notes.author_id = $1", False),
        ("SELECT books.id FROM books WHERE books.id = $1", False),
    ],
)
def test_names(child: str, related: bool) -> None:
    assert leads_to(shape_of(PARENT), shape_of(child)) is related


def test_one_by_one_and_at_once() -> None:
    one, many = (
        shape_of("SELECT n.id FROM n WHERE n.loan_id = $1"),
        shape_of("SELECT n.id FROM n WHERE n.loan_id IN ($1)"),
    )
    assert asks_by_one(one)
    assert not asks_by_one(many)
    assert loads_at_once(many, one)
    assert not asks_by_one(shape_of("SELECT count(*) FROM n WHERE n.loan_id = $1"))
