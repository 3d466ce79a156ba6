"""multiplied-rows: collections that are joined to the same row."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from tests.support.slow_snapshots import column, findings, index, only, snapshot, statement, table

PARENT = "SELECT p.id, c_1.id AS id_1, t_1.id AS id_2 FROM "
SIBLINGS = PARENT + "p LEFT OUTER JOIN c AS c_1 ON p.id = c_1.p_id LEFT OUTER JOIN t AS t_1 ON t_1.p_id = p.id"
THROUGH = PARENT + (
    "p LEFT OUTER JOIN c AS c_1 ON p.id = c_1.p_id LEFT OUTER JOIN (pt AS pt_1 JOIN t AS t_1 ON t_1.id = pt_1.t_id) "
    "ON p.id = pt_1.p_id"
)
PAGED = SIBLINGS.replace("FROM p ", "FROM (SELECT p.id AS id FROM p LIMIT $1) AS a ").replace("p.id ", "a.id ")
TABLES = (table("p", 100), table("c", 1_000), table("t", 1_000), table("pt", 1_000))
KEYS = tuple(column(name, "p_id", distinct=100.0) for name in ("c", "t", "pt"))


def seen(text: str, rows: int = 10_000, **overrides: object) -> object:
    return snapshot(statement(text, 4, rows=rows * 4), **{"tables": TABLES, "columns": KEYS, **overrides})


@pytest.mark.parametrize("text", [SIBLINGS, THROUGH, PAGED.replace("t_1.p_id = p.id", "t_1.p_id = a.id")])
def test_ten_and_ten_are_a_hundred(text: str) -> None:
    found = only("multiplied-rows", seen(text))
    assert found.confidence is Confidence.MEDIUM
    assert "10,000 rows" in found.message
    assert "about 2,000 would do" in found.message
    assert "selectinload" in found.remedy
    assert findings("too-many-rows", seen(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        # A chain, to-one joins, rows that are made of others, one collection alone.
        SIBLINGS.replace("t_1.p_id = p.id", "t_1.p_id = c_1.id"),
        PARENT + "p LEFT OUTER JOIN c AS c_1 ON c_1.id = p.c_id LEFT OUTER JOIN t AS t_1 ON t_1.id = p.t_id",
        SIBLINGS.replace("SELECT", "SELECT DISTINCT"),
        SIBLINGS.replace("p.id, c_1.id AS id_1, t_1.id AS id_2", "p.id, count(*)") + " GROUP BY p.id",
        PARENT + "p LEFT OUTER JOIN c AS c_1 ON p.id = c_1.p_id",
        "SELECT c_1.id FROM c AS c_1",
        "SELECT p.id FROM p LEFT OUTER JOIN",
    ],
)
def test_what_multiplies_nothing(text: str) -> None:
    keys = (*KEYS, column("c", "id"), column("t", "id"))
    unique = (index("c", "id", unique=True), index("t", "id", unique=True))
    assert findings("multiplied-rows", seen(text, columns=keys, indexes=unique)) == ()


def test_one_of_each_is_allowed_by_an_index() -> None:
    assert findings("multiplied-rows", seen(SIBLINGS, indexes=(index("t", "p_id", unique=True),))) == ()


def test_few_rows_or_unknown_ones() -> None:
    assert findings("multiplied-rows", seen(SIBLINGS, rows=100)) == ()
    assert findings("multiplied-rows", seen(SIBLINGS, columns=KEYS[:1])) == ()
    small = (column("c", "p_id", distinct=-0.5), column("t", "p_id", distinct=-0.5))
    assert findings("multiplied-rows", seen(SIBLINGS, columns=small)) == ()
