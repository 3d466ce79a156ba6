"""Rows of pg_stat_statements: what ran between two looks, what is kept of it, what is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.slow.server.statistics import KEPT, Look, statistics_of
from forge_doctor.slow.server.work import Statistics


def row(query: str, calls: float = 10.0, key: str | None = "", **overrides: Any) -> dict[str, Any]:
    own: dict[str, Any] = {
        "key": str(abs(hash(query))) if key == "" else key,
        "query": query,
        "calls": calls,
        "total_ms": calls,
        "rows": calls,
        "blocks": 3 * calls,
        "temp_blocks": 0.0,
        "min_ms": 0.5,
        "max_ms": 2.0,
        "jit_ms": None,
        "read_ms": 0.0,
        "toplevel": True,
        "entries": 1,
    }
    return {**own, **overrides}


def told(last: list[dict[str, Any]], first: list[dict[str, Any]] | None = None, *, utility: bool = True) -> Statistics:
    before = None if first is None else Look(rows=tuple(first))
    return statistics_of(Look(rows=tuple(last), age_s=60.0), before, 5.0, 5000, utility=utility)


def test_totals_where_there_was_no_first_look() -> None:
    seen = told([row("SELECT a FROM t"), row("COMMIT", 7), row("ROLLBACK;", 3), row("BEGIN", 10)])
    assert (seen.window_s, seen.calls, seen.commits, seen.rollbacks) == (None, 10, 7, 3)
    assert [one.text for one in seen.statements] == ["SELECT a FROM t"]


def test_what_ran_between_the_looks() -> None:
    first = [row("SELECT a FROM t", 10), row("SELECT b FROM t", 5)]
    last = [row("SELECT a FROM t", 14, total_ms=30.0), row("SELECT b FROM t", 5), row("SELECT c FROM t", 2)]
    seen = told(last, first)
    assert seen.window_s == 5.0
    assert {one.text: (one.calls, one.total_ms) for one in seen.statements} == {
        "SELECT a FROM t": (4, 20.0),
        "SELECT c FROM t": (2, 2.0),
    }


def test_a_row_that_was_reset_between_counts_from_its_beginning() -> None:
    seen = told([row("SELECT a FROM t", 3)], [row("SELECT a FROM t", 10)])
    assert [one.calls for one in seen.statements] == [3]


def test_where_nothing_ran_the_totals_are_judged_and_that_is_said() -> None:
    rows = [row("SELECT a FROM t", 10), row("COMMIT", 3)]
    seen = told(rows, rows)
    assert (seen.quiet, seen.window_s, seen.calls, seen.commits) == (True, None, 10, 3)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT pid FROM pg_stat_activity",
        'select 1 from "pg_catalog"."pg_class" c',
        "SELECT 1 FROM t JOIN pg_locks l ON true",
        "SET x = 1",
        "SHOW server_version",
        "CREATE TABLE t (a int)",
        "<insufficient privilege>",
    ],
)
def test_what_is_no_work_of_the_application(query: str) -> None:
    assert told([row(query)]).statements == ()


@pytest.mark.parametrize(
    "query",
    ["/*route='a'*/ SELECT a FROM t", "(SELECT a FROM t)", "WITH x AS (SELECT 1) SELECT * FROM x", "DELETE FROM t"],
)
def test_what_is(query: str) -> None:
    assert len(told([row(query)]).statements) == 1


def test_a_route_is_known_and_no_value_is_kept() -> None:
    one = told([row("/*route='a'*/ SELECT a FROM t WHERE b = 'secret'")]).statements[0]
    assert (one.text, one.tags) == ("SELECT a FROM t WHERE b = ?", {"route": "a"})


def test_hidden_rows_are_counted_with_their_share() -> None:
    seen = told([row("SELECT a FROM t", 90), row("<insufficient privilege>", 10, None, entries=4, total_ms=30.0)])
    assert (seen.hidden, seen.seen, seen.hidden_ratio) == (4, 5, 0.25)


def test_statements_inside_functions_are_not_counted_twice() -> None:
    seen = told([row("SELECT f()", 10), row("SELECT a FROM t", 1000, toplevel=False)])
    assert (seen.calls, seen.total_ms, len(seen.statements)) == (10, 10.0, 2)


def test_without_utility_statements_transactions_are_unknown() -> None:
    assert told([row("SELECT a FROM t")], utility=False).commits is None


def test_the_first_of_every_order_are_kept() -> None:
    many = [row(f"SELECT a{at} FROM t", 10 + at) for at in range(5 * KEPT)]
    spilled = row("SELECT spilled FROM t", 1, temp_blocks=9.0)
    kept = told([*many, spilled]).statements
    assert len(kept) < 4 * KEPT
    assert "SELECT spilled FROM t" in {one.text for one in kept}


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    one = told([row(f"SELECT {'a, ' * 9000} b FROM t")]).statements[0]
    assert one.is_cut
