from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.render.printable import escape_json, printable, printable_line, printable_lines
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, TEXT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\U000e0041", "\\U000e0041"),
        ("\udc80", "\\udc80"),
        ("bell\x07", "bell\\x07"),
        ("tab\there", "tab    here"),
        ("dos\r\nline", "dos\nline"),
        ("over\rwrite", "over\\x0dwrite"),
        ("日本 é 👩‍👧", "日本 é 👩‍👧"),
    ],
)
def test_characters_that_act_are_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_one_line_stays_one_line() -> None:
    assert printable_line("  a\n\n b\u2028c ") == "a b\\u2028c"


def test_lines_to_copy_keep_their_indentation() -> None:
    assert printable_lines("\nSELECT 1\n  FROM t;  \n\n") == ("SELECT 1", "  FROM t;")
    assert printable_lines(" \n ") == ()


@QUICK
@given(TEXT)
def test_nothing_acts_after_it(text: str) -> None:
    assert acting_characters(printable(text)) == set()
    assert "\n" not in printable_line(text)


@QUICK
@given(st.text())
def test_json_says_the_same_after_escaping(text: str) -> None:
    document = json.dumps([text], ensure_ascii=False, indent=1)
    assert json.loads(escape_json(document)) == [text]
    assert acting_characters(escape_json(document)) == set()
