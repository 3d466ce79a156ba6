"""query-in-loop: one row by its key, again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.server.work import SampledStatement, Samples
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, server, snapshot, statement, statistics

CHILD = "SELECT members.mail FROM members WHERE members.id = $1::INTEGER"


def seen(
    calls: int = 150, parents: int = 5, rows: int = 30, *, output: str = "member_id", **overrides: Any
) -> SlowSnapshot:
    caught = overrides.pop("caught", 0)
    parent = statement(f"SELECT loans.id, loans.{output} FROM loans LIMIT $1", parents, rows=rows * parents)
    one = statement(CHILD, calls, rows=calls, total_ms=0.02 * calls)
    sampled = (SampledStatement(key=one.key, repeated=caught, sent=caught),)
    own = {"transactions": 1000, "samples": Samples(looks=77, statements=sampled)}
    return snapshot(one, parent, **{**own, **overrides})


@pytest.mark.parametrize(("calls", "number"), [(104, 0), (105, 1), (150, 1), (165, 1), (166, 0)])
def test_the_calls_have_to_fit_the_rows(calls: int, number: int) -> None:
    assert len(findings("query-in-loop", seen(calls))) == number


def test_who_is_logged_in_is_asked_once_a_request() -> None:
    assert findings("query-in-loop", seen(1000, parents=100, rows=30, output="note")) == ()


@pytest.mark.parametrize(("caught", "number"), [(2, 0), (3, 1)])
def test_caught_in_one_transaction(caught: int, number: int) -> None:
    found = findings("query-in-loop", seen(1000, parents=100, rows=300, output="note", caught=caught))
    assert [one.confidence for one in found] == [Confidence.HIGH] * number


@pytest.mark.parametrize(("transactions", "window_s", "number"), [(200, 5.0, 1), (201, 5.0, 0), (200, None, 0)])
def test_five_in_each_transaction_need_no_parent(transactions: int, window_s: float | None, number: int) -> None:
    """Of totals nobody can tell whether every COMMIT was counted."""
    one = statement(CHILD, 1000, rows=1000, total_ms=20.0)
    told = statistics(one, transactions=transactions, window_s=window_s)
    seen = replace(snapshot(), server=server(statistics=told))
    assert len(findings("query-in-loop", seen)) == number


def test_the_mend_is_one_statement() -> None:
    assert ".in_(keys)" in only("query-in-loop", seen()).remedy
