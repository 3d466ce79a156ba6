from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.render.page.columns import cell_width, pad, wrap
from forge_doctor.render.printable import printable_line
from tests.render.strategies import QUICK, TEXT


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("é", 1), ("e\u0301", 1), ("👍", 2), ("❤\ufe0f", 2), ("", 0)]
)
def test_width_is_what_a_terminal_takes(text: str, columns: int) -> None:
    assert cell_width(text) == columns


def test_lines_break_at_blanks_and_long_words_inside() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("abcdefghij k", 4) == ["abcd", "efgh", "ij k"]
    assert wrap("日本語", 4) == ["日本", "語"]


def test_columns_taken_on_the_first_line_are_spared() -> None:
    assert wrap("one two", 7, taken=3) == ["one", "two"]
    assert wrap("seven77 x", 7, taken=3) == ["", "seven77", "x"]


def test_numbers_are_set_to_the_right() -> None:
    assert pad("14", 4, right=True) == "  14"
    assert pad("語", 4) == "語  "


@QUICK
@given(TEXT, st.integers(2, 60))
def test_no_line_is_wider_and_no_character_is_lost(text: str, width: int) -> None:
    line = printable_line(text)
    lines = wrap(line, width)
    assert all(cell_width(one) <= width for one in lines)
    assert "".join(lines).replace(" ", "") == line.replace(" ", "")
