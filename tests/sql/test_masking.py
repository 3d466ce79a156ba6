"""Statements lose their values, whole or cut off; tags are read as the sqlcommenter specification says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.sql.masking import sqlcommenter_tags, without_values


@pytest.mark.parametrize(
    ("query", "bare"),
    [
        ("SELECT 1", "SELECT ?"),
        ("SELECT * FROM t1 WHERE a = 'it''s' AND b=$1", "SELECT * FROM t1 WHERE a = ? AND b=$1"),
        (r"SELECT E'a\'b', -1.5e3, .5", "SELECT ?, ?, ?"),
        ("SELECT $x$ it's $ $x$, $$y$$", "SELECT ?, ?"),
        ("SELECT x'1F', U&'d', b'01', N'n'", "SELECT ?, ?, ?, ?"),
        ('SELECT "Column 1" FROM "T\'s"', 'SELECT "Column 1" FROM "T\'s"'),
        ("SELECT 1 -- it's 2\n, 3 /* it's 4 */;", "SELECT ? , ?"),
        ("SELECT * FROM t WHERE id IN (1, 2, 3)", "SELECT * FROM t WHERE id IN (?)"),
        ("SELECT * FROM t WHERE name = 'cut off here", "SELECT * FROM t WHERE name = ?"),
        ("SELECT 1 /* cut off 'here", "SELECT ?"),
        ("SELECT '/* no comment */', 'secret'", "SELECT ?, ?"),
    ],
)
def test_values_become_question_marks(query: str, bare: str) -> None:
    assert without_values(query) == bare


@given(st.text(alphabet="abc'\\$ /*-\n1", max_size=30))
def test_no_text_makes_it_fail_and_doing_it_twice_changes_nothing(query: str) -> None:
    once = without_values(query)
    assert without_values(once) == once


@given(
    st.text(alphabet=st.characters(blacklist_characters="'\\\0", blacklist_categories=("Cs",)), min_size=4, max_size=40)
)
def test_a_quoted_value_never_survives(value: str) -> None:
    assert without_values(f"SELECT * FROM users WHERE mail = '{value}'") == "SELECT * FROM users WHERE mail = ?"


@pytest.mark.parametrize(
    ("query", "tags"),
    [
        (
            "SELECT 1 /*controller='orders',route='%2Forders%2F%7Bid%7D'*/",
            {"controller": "orders", "route": "/orders/{id}"},
        ),
        ("/*route='it%27s'*/ SELECT 1", {"route": "it's"}),
        (r"SELECT 1 /*job='b\'c'*/", {"job": "b'c"}),
        ("SELECT 1 /*route='a%0a::error file=x::pwned',password='CANARY'*/", {"route": "a ::error file=x::pwned"}),
        ("SELECT 1 /*route='%2Fx%3Ftoken%3DCANARY',mail='a%40b.c'*/", {"route": "/x?token=***"}),
        ("SELECT 1 /* just = words */", {}),
        ("SELECT '/*route=''x''*/'", {}),
        ("SELECT 1 /*route='cut", {}),
    ],
)
def test_the_tags_of_sqlcommenter(query: str, tags: dict[str, str]) -> None:
    assert dict(sqlcommenter_tags(query)) == tags
