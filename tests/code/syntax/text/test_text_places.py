"""The places found by looking for the text are those that a pattern with a condition in front finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.code.syntax.text.text_places import places_of, stands_behind_await

PIECES = st.lists(st.sampled_from(["db", "await", " ", "\n", "(", ")", ".", "x", "_", "9", ".add", ",", "é"]))
SOURCE = PIECES.map(lambda pieces: "".join(pieces).encode())


@given(SOURCE)
def test_places_are_whole_names(data: bytes) -> None:
    assert list(places_of(b"db", data)) == [match.start() for match in re.finditer(rb"(?<![\w.])db", data)]


@given(SOURCE)
def test_an_await_stands_before_blanks_and_parentheses_alone(data: bytes) -> None:
    behind = {match.end() for match in re.finditer(rb"(?<![\w.])await\s[\s(]*(?=db)", data)}
    assert {at for at in places_of(b"db", data) if stands_behind_await(data, at)} == behind
