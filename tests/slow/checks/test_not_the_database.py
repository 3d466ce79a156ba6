"""not-the-database: open transactions in which hardly anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Severity
from forge_doctor.slow.server.work import DatabaseDelta, Samples, StatementStats
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, snapshot, statement


def seen(
    *statements: StatementStats,
    active_s: float | None = 0.1,
    idle_s: float | None = 9.0,
    transactions: int = 100,
    **of_samples: Any,
) -> SlowSnapshot:
    own = {"looks": 77, "active": 0.01, "idle_in_transaction": 2.0, "changed": 70, "watched": 140}
    delta = DatabaseDelta(window_s=4.0, active_s=active_s, idle_in_transaction_s=idle_s)
    return snapshot(*statements, transactions=transactions, samples=Samples(**{**own, **of_samples}), delta=delta)


@pytest.mark.parametrize(
    ("overrides", "number"),
    [
        ({}, 1),
        ({"active_s": 1.5, "idle_s": 8.5}, 1),
        ({"active_s": 1.6, "idle_s": 8.4}, 0),
        ({"idle_in_transaction": 0.49, "active": 0.0}, 0),
        ({"idle_in_transaction": 0.75, "active": 0.7, "active_s": 0.0}, 0),
        ({"active_s": None, "idle_s": None}, 1),
        ({"looks": 19}, 0),
    ],
)
def test_the_ratio_decides(overrides: dict[str, Any], number: int) -> None:
    assert len(findings("not-the-database", seen(**overrides))) == number


@pytest.mark.parametrize(
    ("told", "words", "severity"),
    [
        (seen(statement("SELECT a.b FROM a WHERE a.c = $1", 1000)), "statements a transaction", Severity.INFO),
        (seen(statement("SELECT a.b FROM a", 10, rows=20_000)), "Python makes objects", Severity.INFO),
        (seen(changed=20, watched=140), "hardly send anything", Severity.WARNING),
        (seen(), "does its own work", Severity.INFO),
    ],
)
def test_what_takes_the_time_instead(told: SlowSnapshot, words: str, severity: Severity) -> None:
    found = only("not-the-database", told)
    assert words in found.message
    assert found.severity is severity
