"""slow-by-lock: waiting, by the samples or by one execution that took long."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.server.work import SampledStatement, Samples
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, snapshot, statement

TEXT = "UPDATE stock SET qty=(stock.qty - $1) WHERE stock.book_id = $2"


def counted(text: str = TEXT, **overrides: Any) -> SlowSnapshot:
    own: dict[str, Any] = {"min_ms": 0.1, "max_ms": 1476.0, "total_ms": 1477.0}
    return snapshot(statement(text, 2, **{**own, **overrides}))


def waited(waiting: int, running: int) -> SlowSnapshot:
    one = statement(TEXT, 20, max_ms=1.0)
    sampled = SampledStatement(
        key=one.key, running=running, waiting=waiting, longest_wait_s=1.5, blockers=("UPDATE stock SET qty = ?",)
    )
    return snapshot(one, samples=Samples(looks=77, statements=(sampled,)))


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({}, 1),
        ({"max_ms": 499.0, "total_ms": 499.0}, 0),
        ({"max_ms": 500.0, "total_ms": 500.0, "min_ms": 5.0}, 1),
        ({"max_ms": 500.0, "total_ms": 500.0, "min_ms": 5.1}, 0),
        ({"total_ms": 2953.0}, 0),
        ({"blocks": 202}, 0),
        ({"text": "SELECT s.a FROM s WHERE s.b = $1"}, 0),
        ({"text": "SELECT s.a FROM s WHERE s.b = $1 FOR UPDATE"}, 1),
    ],
)
def test_one_execution_that_took_long(overrides: dict[str, Any], number: int) -> None:
    assert [one.confidence for one in findings("slow-by-lock", counted(**overrides))] == [Confidence.MEDIUM] * number


@pytest.mark.parametrize(("waiting", "running", "number"), [(2, 2, 0), (3, 3, 1), (5, 10, 1), (4, 10, 0)])
def test_seen_waiting(waiting: int, running: int, number: int) -> None:
    assert [one.confidence for one in findings("slow-by-lock", waited(waiting, running))] == [Confidence.HIGH] * number


def test_what_it_waits_for_is_named() -> None:
    assert "It waits for `UPDATE stock SET qty = ?`." in only("slow-by-lock", waited(9, 9)).message
