"""Expressions compiled late find what those compiled at once find, and none of the package's own is faulty."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forge_doctor
from forge_doctor.regex import METHODS, leftmost, regex
from tests.support.conformance import every_module


def test_an_expression_does_what_a_compiled_one_does() -> None:
    late, early = regex(r"(?P<word>\w+)-(\d)", re.IGNORECASE), re.compile(r"(?P<word>\w+)-(\d)", re.IGNORECASE)
    text = "one-1, Two-2"
    for method in ("findall", "split"):
        assert getattr(late, method)(text) == getattr(early, method)(text)
    assert [found.span() for found in late.finditer(text)] == [found.span() for found in early.finditer(text)]
    assert late.sub(r"\2", text) == early.sub(r"\2", text) == "1, 2"
    assert late.search(text, 3) is not None
    assert late.match(text, 3) is late.fullmatch(text) is None
    assert (late.pattern, late.flags, late.groupindex) == (early.pattern, early.flags, early.groupindex)


def test_a_fault_is_told_at_the_first_use() -> None:
    faulty = regex("(")
    with pytest.raises(re.error):
        faulty.search("")


def test_every_expression_of_the_package_can_be_compiled() -> None:
    kind = type(regex(""))
    found = [
        value
        for module in every_module(forge_doctor, leave_out="forge_doctor.demo")
        for name, value in vars(module).items()
        if isinstance(value, kind)
    ]
    assert len(found) > 80
    assert all(callable(getattr(one, method)) for one in found for method in METHODS)


WORDS = ("a", "ab", "abc", "ba", "aa", "c", "bcd")


@given(st.text("abcd", max_size=30))
def test_words_are_found_where_an_alternation_of_them_finds_them(text: str) -> None:
    alternation = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))
    assert list(leftmost(WORDS, text)) == [(found.start(), found[0]) for found in alternation.finditer(text)]
