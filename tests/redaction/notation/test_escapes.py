"""What was written into another text is read as it is meant, and its secrets are taken out of the whole."""

from __future__ import annotations

import pytest

from forge_doctor.redaction import redact
from forge_doctor.redaction.notation.escapes import layers, lost_words, read_escapes, without_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"\\u0070assword": "x"}', '{"password": "x"}'),
        ("a=1\\u0026token=b", "a=1&token=b"),
        # Written into another text they have two backslashes, or four; three are one that is meant, and two.
        ("\\\\u0061", "a"),
        ("\\\\\\u0061", "\\\\\\u0061"),
        # A quote would end what it stands in.
        ("\\u0022 \\u0027 \\u005c", "\\u0022 \\u0027 \\u005c"),
        ("postgres:\\/\\/u:p@h", "postgres://u:p@h"),
        ("nothing \\/ here u00", "nothing \\/ here u00"),
    ],
)
def test_letters_that_were_written_as_numbers_are_read(text: str, shown: str) -> None:
    assert read_escapes(text) == shown


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("plain, 100 % of it", []),
        ('a \\"b\\"\\n\\tc', ['a "b"\n\tc']),
        ("\\\\n", ["\\n", "\n"]),
        ("%7B%22a%22%7D", ['{"a"}']),
        ("%e2%94%82 \\xe2\\x94\\x82 \\u2502", ["│ │ │"]),
        ("LIKE %ff", []),
        ("&lt;a&gt; &amp;quot;", ["<a> &quot;", '<a> "']),
        ("\\033[31mred\x1b[0m", ["\x1b[31mred", "red"]),
        # Doubled quotes are read where one of them opens something, and an empty text is none.
        ("f(''a'')", ["f('a')"]),
        ('a,"{""b"": 5}"', ['a,"{"b": 5}"']),
        ("a='' b=\"\" c", []),
    ],
)
def test_each_layer_is_read(text: str, meant: list[str]) -> None:
    assert list(layers(text)) == meant


def test_layers_have_an_end() -> None:
    assert len(list(layers("\\" * 4096 + "n"))) == 7


def test_a_word_is_lost_where_nothing_shows_it_any_more() -> None:
    assert lost_words("pass word1 and word2 word1", "pass *** and word2 ***") == {"word1"}
    assert lost_words("say token: token", "say token: ***") == frozenset()
    assert lost_words("same text", "same text") == frozenset()


def test_a_word_is_taken_out_where_it_stands_alone() -> None:
    words = frozenset({"rabbit", "hole7"})
    assert without_words("rabbit rabbits \\nrabbit %0Ahole7 arabbit", words) == "*** rabbits \\n*** %0A*** arabbit"


def test_what_a_layer_hides_is_taken_out_of_the_whole() -> None:
    text = '{"log": "{\\\\"pairs\\\\":[[\\\\"password\\\\"\\t,\\\\"rabbit hole\\\\"]]}", "port": 5}'
    shown = redact(text)
    assert "rabbit" not in shown
    assert shown.endswith('"port": 5}')


def test_an_apostrophe_in_a_literal_hides_no_name_behind_it() -> None:
    assert redact("f(password=['it\\'s ('], username='adam')") == "f(password=***, username='adam')"
    assert without_words("rabbit=5 'rabbit': rabbit", frozenset({"rabbit"})) == "rabbit=5 'rabbit': ***"


def test_a_path_of_windows_is_no_secret() -> None:
    text = r"cannot open C:\new\tokens\readme.txt at 5"
    assert redact(text) == text
