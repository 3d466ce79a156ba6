"""A condition taken apart: columns, operators, what stands around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.slow.inference.predicates import terms_of


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("(t.a = $1)", [("t", "a", "=", "", "parameter")]),
        ("($1 = t.a)", [("t", "a", "=", "", "parameter")]),
        ("($1 > t.a)", [("t", "a", "<", "", "parameter")]),
        ("(t.a = ANY ($1))", [("t", "a", "=", "", "parameter")]),
        ("($1 = ANY (t.a))", [("t", "a", "= ANY", "", "parameter")]),
        ("(t.a = b.c)", [("t", "a", "=", "", "column"), ("b", "c", "=", "", "column")]),
        ("((t.a)::text = ($1)::text)", [("t", "a", "=", "", "parameter")]),
        ("((t.a)::date = '?'::date)", [("t", "a", "=", "cast", "constant")]),
        ("(lower(t.a) = $1)", [("t", "a", "=", "function", "parameter")]),
        ("((t.a ->> $2) = $1)", [("t", "a", "=", "function", "parameter")]),
        ("((t.a = $1) AND (t.b ~~ $2))", [("t", "a", "=", "", "parameter"), ("t", "b", "~~", "", "parameter")]),
        ("((t.a = $1) OR (t.b = $2))", []),
        ("(NOT t.a)", []),
        ("(t.a + t.b = $1)", []),
        ("(hashed SubPlan 1)", []),
        ("(t.a = $0)", [("t", "a", "=", "", "parameter")]),
        ("", []),
    ],
)
def test_each_form(condition: str, told: list[tuple[str, ...]]) -> None:
    assert [(one.relation, one.column, one.operator, one.wrapped, one.value) for one in terms_of(condition)] == told


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        ("(lower((t.mail)::text) = $1)", 'lower(("mail")::text)'),
        ("((t.made)::date = $1)", '("made")::date'),
        ("(date_trunc($2, t.made) = $1)", ""),
        ("(date_trunc('?', t.made) = $1)", ""),
        ('(upper(t."odd""name") = $1)', 'upper("odd""name")'),
    ],
)
def test_the_expression_as_an_index_has_it(condition: str, expression: str) -> None:
    assert [one.expression for one in terms_of(condition)] == [expression]


@given(st.text(alphabet="(t.a=$1) ANDORNOT'?\"~@>&|-", max_size=60))
def test_any_text_is_read_or_left_out(condition: str) -> None:
    assert isinstance(terms_of(condition), tuple)
