"""A literal ends where it ends, however its quotes are written."""

from __future__ import annotations

import pytest

from forge_doctor.redaction.sql.literals import masked, without_literals


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT 'a', b, 'c'", "SELECT '***', b, '***'"),
        ("'it''s a', b", "'***', b"),
        ("''", "''"),
        ("a = '' AND b = ''", "a = '' AND b = ''"),
        ("'''a', b", "'***', b"),
        ("'a''', b", "'***', b"),
        # With a backslash before it, a quote is an escape or the end: it goes to the last.
        ("E'it\\'s a', b, 'c'", "E'***', b, '***'"),
        ("'it\\'s a', b, 'c'", "'***'"),
        ("'a\\\\', b, 'c'", "'***', b, '***'"),
        # Written into another text, once or twice.
        ("f(\\'a\\', b, \\'it\\'\\'s\\', c)", "f(\\'***\\', b, \\'***\\', c)"),
        ("f(\\\\\\'a\\\\\\', b)", "f(\\\\\\'***\\\\\\', b)"),
        ("f(''a'', b, ''it''''s'', c)", "f(''***'', b, ''***'', c)"),
        ("f(''''a'''', b)", "f(''''***'''', b)"),
        ("$$a 'b'$$, c, $x$d $$ e$x$ f", "$$***$$, c, $x$***$x$ f"),
        ("$1, '$2'", "$1, '***'"),
        ("U&'a', x'b', c", "U&'***', x'***', c"),
        ('"it\'s", \'a\', "b"', '"it\'s", \'***\', "b"'),
        ("\\\"Users\\\" = 'a'", "\\\"Users\\\" = '***'"),
        # MySQL has literals in double quotes.
        ('VALUES ("a", "b c")', 'VALUES ("***", "***")'),
        ('a = "b" AND c = "d@e" AS "f g-1"', 'a = "b" AND c = "***" AS "f g-1"'),
        # A comment may have an apostrophe; what stands behind it may be a value.
        ("1 /* b */ + 'a'", "1 /* b */ + '***'"),
        ("1 /* it's a */ + 'b'", "1 /* it'*** */ + '***'"),
        ("1 -- it's a\n + 'b'", "1 -- it'***\n + '***'"),
        ("1 -- it's a\\n + 'b'", "1 -- it'***\\n + '***'"),
        ("1 -- b", "1 -- b"),
        ("1 /*a='b'*/ + 'c'", "1 /*a='***'*/ + '***'"),
        # What a statement is to be filled with is no value; what follows a statement is left.
        ("a = '{b}' OR c = '%s' OR d = '%(e)s'", "a = '{b}' OR c = '%s' OR d = '%(e)s'"),
        ("SELECT 'a'\\n  File \\\"/b.py\\\", line 5 'c'", "SELECT '***'\\n  File \\\"/b.py\\\", line 5 'c'"),
        # What is cut off goes to its end; an apostrophe within a word opens none.
        ("a = 'b c", "a = '***"),
        ("a = $$b c", "a = $$***"),
        ("a /* 'b c", "a /* '***"),
        ("I can't, they're", "I can't, they're"),
    ],
)
def test_literals_are_masked_and_nothing_else(sql: str, shown: str) -> None:
    assert without_literals(sql) == shown
    assert without_literals(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT 'a'; b 'c'", "SELECT '***'"),
        ("SELECT 'a;b' c", "SELECT '***' c"),
        ("SELECT 'a'\nb 'c'", "SELECT '***'"),
        ("SELECT 'a'\n  , 'b'\nFROM c", "SELECT '***'\n  , '***'\nFROM c"),
        ("SELECT 'a'\n  File \"/b/c.py\"", "SELECT '***'"),
        ("WHERE a = 'b\nc' AND d\nnext", "WHERE a = '***' AND d"),
        ("SELECT 'cut\nnext line 'a'", "SELECT '***"),
    ],
)
def test_a_statement_ends_where_its_text_goes_on_with_something_else(text: str, shown: str) -> None:
    told, end = masked(text, 0, len(text), ends=True)
    assert told == shown
    assert text[end:] == "" or text[end] in ";\n"


def test_two_quotes_open_a_literal_where_one_would_end_the_text() -> None:
    assert masked("= ''' a'' b", 0, 11)[0] != "= ''***'' b"
    assert masked("= '' a'' b", 0, 10, doubled=True)[0] == "= ''***'' b"
