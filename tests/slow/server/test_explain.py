"""Which statements are asked about, and which texts are never sent."""

from __future__ import annotations

import pytest

from forge_doctor.slow.server.explain import ranked, search_path, typed, unfit
from tests.support.slow_snapshots import statement


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("SELECT a FROM t WHERE b = $1", True),
        ("WITH x AS (SELECT 1) SELECT * FROM x", True),
        ("UPDATE t SET a = $1", True),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DO NOTHING", True),
        ("SELECT 1; DROP TABLE t", False),
        ("DROP TABLE t", False),
        ("VACUUM t", False),
        ("COPY t TO PROGRAM $1", False),
        ("DO $$ BEGIN END $$", False),
        ("EXPLAIN ANALYZE SELECT 1", False),
        ("SELECT a FROM t WHERE", False),
        ("", False),
    ],
)
def test_one_statement_that_reads_or_writes_rows(text: str, fit: bool) -> None:
    assert (unfit(text) == "") is fit


def test_the_worst_by_three_orders_each_once() -> None:
    slow = statement("SELECT a FROM slow", 1, total_ms=900.0)
    often = statement("SELECT a FROM often", 5000, total_ms=10.0)
    wide = statement("SELECT a FROM wide", 5, total_ms=1.0, blocks=50_000)
    cut = statement("SELECT a FROM cut", 9000, total_ms=9000.0, is_cut=True)
    dull = statement("SELECT a FROM dull", 2, total_ms=0.1)
    assert ranked((dull, cut, wide, often, slow), 1) == (slow, often, wide)


def test_a_literal_with_its_type_is_read_again() -> None:
    assert typed("SELECT now() - interval $1 FROM t WHERE date $2 < d") == (
        "SELECT now() - CAST($1 AS interval) FROM t WHERE CAST($2 AS date) < d"
    )


@pytest.mark.parametrize(
    ("own", "schemas", "path"),
    [
        ('"$user", public', ("public", "app"), '"$user", "public", "app"'),
        ("", (), '"$user", "public"'),
        ('x, "y"', ('odd"name',), '"x", "y", "odd""name"'),
    ],
)
def test_where_names_are_looked_up(own: str, schemas: tuple[str, ...], path: str) -> None:
    assert search_path(own, schemas) == path
