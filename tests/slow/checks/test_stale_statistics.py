"""stale-statistics: changed much since the last ANALYZE."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Severity
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, snapshot, statement, table


def seen(rows: int, changed: int, **of_table: Any) -> SlowSnapshot:
    settings = of_table.pop("settings", {"autovacuum": "on"})
    own = table("t", rows, changed=changed, **of_table)
    return snapshot(statement("SELECT t.id FROM t WHERE t.a = $1"), tables=(own,), settings=settings)


@pytest.mark.parametrize(
    ("rows", "changed", "number"), [(100_000, 9_999, 0), (100_000, 10_000, 1), (100_001, 10_000, 0), (0, 10_000, 1)]
)
def test_how_much(rows: int, changed: int, number: int) -> None:
    assert len(findings("stale-statistics", seen(rows, changed))) == number


@pytest.mark.parametrize(
    ("of_table", "severity"),
    [
        ({"analyzed_age_s": 299.0}, Severity.INFO),
        ({"analyzed_age_s": 300.0}, Severity.WARNING),
        ({"analyzed_age_s": None}, Severity.INFO),
        ({"analyzed_age_s": None, "autovacuum": False}, Severity.WARNING),
        ({"analyzed_age_s": 10.0, "settings": {"autovacuum": "off"}}, Severity.WARNING),
    ],
)
def test_autovacuum_may_come_by_itself(of_table: dict[str, Any], severity: Severity) -> None:
    found = only("stale-statistics", seen(20_000, 20_000, **of_table))
    assert found.severity is severity
    assert 'ANALYZE "public"."t";' in found.remedy


def test_a_table_nobody_reads_is_info() -> None:
    own = table("t", 20_000, changed=20_000)
    assert only("stale-statistics", snapshot(tables=(own,))).severity is Severity.INFO
