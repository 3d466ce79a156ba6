"""Hostile names: what is quoted is one token for the server and for the shell, on one line, and gives the name back."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.sql.quoting import (
    join_name,
    quote_identifier,
    quote_literal,
    quote_name,
    quote_part,
    quote_shell,
    split_name,
)
from tests.support.postgres import PostgresServer

HOSTILE = (
    "plain",
    "Mixed Case",
    'a"; DROP TABLE orders; --',
    "a'; DROP TABLE orders; --",
    "back\\slash\\' or 1=1",
    "new\nline -- comment",
    "carriage\rreturn\ttab",
    "right\u202eto left",
    "é ü 漢字 🐘",
    "$(touch owned) `touch owned` $HOME !!",
    "--flag",
    "\x1b[2Jescape",
)
# A server name is UTF-8 without NUL, and lone surrogates cannot be sent.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)


@pytest.mark.parametrize("name", HOSTILE)
def test_each_form_is_one_printable_line(name: str) -> None:
    for quoted in (quote_identifier(name), quote_literal(name), quote_shell(name)):
        assert quoted.isprintable()


@pytest.mark.parametrize("quote", [quote_identifier, quote_literal, quote_shell])
def test_a_nul_is_refused(quote: object) -> None:
    assert callable(quote)
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


@pytest.mark.parametrize("name", HOSTILE)
def test_bash_gives_the_word_back(name: str) -> None:
    # `bash -c` in UTF-8: \\u escapes are of the locale's character set.
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quote_shell(name)}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert done.stdout.decode() == name


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_a_value_means_the_same_under_either_rule_for_backslashes(postgres18: PostgresServer, conforming: str) -> None:
    for name in HOSTILE:
        value = postgres18.sql(
            f"SET standard_conforming_strings = {conforming}; "
            f"SELECT encode(convert_to({quote_literal(name)}, 'UTF8'), 'hex')"
        )
        assert bytes.fromhex(value).decode() == name


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT)
def test_any_name_and_value_comes_back_from_the_server(postgres18: PostgresServer, name: str) -> None:
    short = name.encode()[:60].decode(errors="ignore")  # identifiers are cut at 63 bytes
    sql = (
        f"SELECT encode(convert_to({quote_literal(short)}, 'UTF8'), 'hex'), "
        f"(SELECT encode(convert_to(key, 'UTF8'), 'hex') FROM json_each(row_to_json(t.*)) LIMIT 1) "
        f"FROM (SELECT 1 AS {quote_identifier(short)}) AS t"
    )
    value, identifier = postgres18.sql(sql).split("|")
    assert bytes.fromhex(value).decode() == short
    assert bytes.fromhex(identifier).decode() == short


def test_each_form_to_the_character() -> None:
    assert [quote_identifier(name) for name in ("a b", "a\nb", "\uffff", "\U000e0001", "\\\n")] == [
        '"a b"',
        'U&"a\\000Ab"',
        'U&"\\FFFF"',
        'U&"\\+0E0001"',
        'U&"\\\\\\000A"',
    ]
    assert [quote_literal(text) for text in ("it's", "a\\b", "a\nb", "\uffff", "\U000e0001")] == [
        "'it''s'",
        "E'a\\\\b'",
        "E'a\\u000Ab'",
        "E'\\uFFFF'",
        "E'\\U000E0001'",
    ]


def test_a_name_is_bare_where_it_reads_the_same() -> None:
    names = ("orders", "shop.orders", "Orders", "order", "a b", 'x"; DROP TABLE t; --', "", "1st", "user.table")
    assert [quote_name(name) for name in names] == [
        "orders",
        "shop.orders",
        '"Orders"',
        '"order"',
        '"a b"',
        '"x""; DROP TABLE t; --"',
        '""',
        '"1st"',
        '"user"."table"',
    ]


def test_every_word_the_server_reserves_is_quoted(postgres18: PostgresServer) -> None:
    reserved = postgres18.sql("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").split()
    assert len(reserved) > 70
    assert [word for word in reserved if quote_name(word) == word] == []


@given(parts=st.lists(st.text('ab."\\\n é', min_size=1, max_size=8), min_size=1, max_size=3))
def test_a_name_keeps_its_parts(parts: list[str]) -> None:
    assert split_name(join_name(*parts)) == tuple(parts)


def test_a_dot_in_a_name_is_none_between_two() -> None:
    assert [quote_name(join_name(*parts)) for parts in (("a.b",), ("shop", "a.b"), ('a"b.c', "d"))] == [
        '"a.b"',
        'shop."a.b"',
        '"a""b.c".d',
    ]
    assert (quote_part("fk.orders"), quote_part("fk_orders")) == ('"fk.orders"', "fk_orders")


PRINTED = (
    "ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}",
    "ALTER TABLE {table} ADD COLUMN {column} text DEFAULT {value}",
    "REINDEX TABLE {table}",
    "COMMENT ON COLUMN {table}.id IS {value}",
)
NAMES = (
    *HOSTILE,
    "a.b",
    'a"."b',
    '"; DROP TABLE witness; --',
    "/* x",
    "*/ DROP TABLE witness; --",
    "$$x$$",
    "$tag$; DROP TABLE witness;$tag$",
    "e'\\'; DROP TABLE witness; --",
    "public",
    "%s :bind {x}",
)


@pytest.mark.parametrize("schema", ["public", 'odd."schema'])
def test_what_is_printed_touches_what_it_names_and_nothing_else(postgres18: PostgresServer, schema: str) -> None:
    """Through the server: each statement works on a table of that name, and beside it nothing has changed."""
    within = quote_identifier(schema)
    script = [f"CREATE SCHEMA IF NOT EXISTS {within}", "CREATE TABLE witness (id int)"]
    for name in NAMES:
        table = quote_name(join_name(schema, name))
        script += [
            f"CREATE TABLE {table} (id int)",
            f"ALTER TABLE {table} ADD CONSTRAINT {quote_part(name)} CHECK (id > 0) NOT VALID",
            *(
                one.format(table=table, constraint=quote_part(name), column=quote_part(name), value=quote_literal(name))
                for one in PRINTED
            ),
        ]
    said = postgres18.sql(
        "BEGIN; "
        + "; ".join(script)
        + "; SELECT string_agg(encode(convert_to(relname, 'UTF8'), 'hex'), ' ' ORDER BY oid)"
        + f" FROM pg_class WHERE relkind = 'r' AND relnamespace IN ({quote_literal(within)}::regnamespace, 'public'::regnamespace)"
        + " AND oid >= 'witness'::regclass; "
        + f"SELECT count(*) FROM pg_constraint WHERE convalidated AND connamespace = {quote_literal(within)}::regnamespace"
        + " AND contype = 'c'; ROLLBACK"
    )
    tables, validated = said.splitlines()[-2:] if "ROLLBACK" not in said else said.splitlines()[-3:-1]
    assert [bytes.fromhex(one).decode() for one in tables.split()] == ["witness", *NAMES]
    assert int(validated) == len(NAMES)
