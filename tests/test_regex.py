"""Expressions compiled late find what those compiled at once find, and none of the package's own is faulty."""

from __future__ import annotations

import re

import pytest

import forge_doctor
from forge_doctor.regex import METHODS, regex
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
