"""One statement, however it is written; and no value in what is kept of it."""

from __future__ import annotations

import pytest

from forge_doctor.sql.fingerprint import fingerprint, numbered, shortened

SAME = {
    "labels of a lazy load, with and without": (
        "SELECT shelves.id AS shelves_id, shelves.hall AS shelves_hall \nFROM shelves \nWHERE $1::INTEGER = shelves.hall",
        "SELECT shelves.id, shelves.hall FROM shelves WHERE $1 = shelves.hall",
    ),
    "placeholders of the drivers": (
        "SELECT t.a FROM t WHERE t.b = $1::VARCHAR AND t.c = $2",
        "SELECT t.a FROM t WHERE t.b = %(b_1)s::VARCHAR AND t.c = %(c_1)s",
        "SELECT t.a FROM t WHERE t.b = %s AND t.c = %s",
        "SELECT t.a FROM t WHERE t.b = ? AND t.c = ?",
        "SELECT t.a FROM t WHERE t.b = :b AND t.c = :c",
        "select t.a from t where t.b = 'x' and t.c = 9",
    ),
    "lengths of lists": (
        "SELECT a FROM t WHERE b IN ($1::INTEGER, $2::INTEGER, $3::INTEGER)",
        "SELECT a FROM t WHERE b IN ($1)",
        "SELECT a FROM t WHERE b IN (4, 5)",
    ),
    "rows of an INSERT": (
        "INSERT INTO t (a, b) VALUES ($1, $2)",
        "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6)",
    ),
    "comments": (
        "SELECT a FROM t /*route='/a/9',traceparent='00-1-2-01'*/",
        "-- app/queries.py:12\nSELECT a FROM t",
    ),
    "line ends that were escaped": ("SELECT a\\nFROM t\\nWHERE b = $1", "SELECT a FROM t WHERE b = $1"),
    "what the parser can't read": (
        "SELECT `a` AS `x_a`, b as y FROM `t` WHERE `b` = ?",
        "select `a` AS `x_a`, b as z from `t`\nwhere `b` = 'secret'",
    ),
}


@pytest.mark.parametrize("texts", SAME.values(), ids=SAME)
def test_one_statement(texts: tuple[str, ...]) -> None:
    assert len({fingerprint(text).id for text in texts}) == 1


def test_statements_apart() -> None:
    texts = [
        "SELECT a FROM t WHERE b = $1",
        "SELECT a FROM t WHERE b >= $1",
        "SELECT a FROM t WHERE c = $1",
        "SELECT a FROM u WHERE b = $1",
        "SELECT a FROM t WHERE b IN ($1)",
        "SELECT a FROM t WHERE b = $1 LIMIT $2",
        "SELECT a FROM t WHERE b = $1 LIMIT $2 OFFSET $3",
        "SELECT `a` FROM t WHERE b = ?",
        "SELECT `a` FROM t WHERE c = ?",
    ]
    assert len({fingerprint(text).id for text in texts}) == len(texts)


def test_no_value_is_kept() -> None:
    found = fingerprint(
        "SELECT a FROM t WHERE b = 'hush' AND c = 4711 AND d IN ('x', 'y') /*tenant='hush',route='/t'*/"
    )
    assert "hush" not in repr(found)
    assert "4711" not in repr(found)
    assert found.tags == {"route": "/t"}


def test_known_texts_are_shortened() -> None:
    assert shortened("SELECT a FROM t WHERE b IN ($1::INT, $2::INT) AND c IN ($3, $4)") == (
        "SELECT a FROM t WHERE b IN ($1::INT) AND c IN ($3)"
    )
    assert numbered("SELECT '%s', a::text FROM t WHERE b = %s") == "SELECT '%s', a::text FROM t WHERE b = $1"
