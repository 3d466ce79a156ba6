"""dead-rows: what VACUUM did not clear away."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Severity
from tests.support.slow_snapshots import findings, only, snapshot, table


@pytest.mark.parametrize(
    ("rows", "dead", "number"), [(40_000, 9_999, 0), (40_000, 10_000, 1), (40_001, 10_000, 0), (0, 10_000, 1)]
)
def test_how_many(rows: int, dead: int, number: int) -> None:
    assert len(findings("dead-rows", snapshot(tables=(table("t", rows, dead_rows=dead),)))) == number


@pytest.mark.parametrize(
    ("of_table", "severity"),
    [
        ({"vacuumed_age_s": 3599.0}, Severity.INFO),
        ({"vacuumed_age_s": 3600.0}, Severity.WARNING),
        ({"vacuumed_age_s": None}, Severity.WARNING),
        ({"vacuumed_age_s": 10.0, "autovacuum": False}, Severity.WARNING),
    ],
)
def test_autovacuum_was_there_lately(of_table: dict[str, Any], severity: Severity) -> None:
    found = only("dead-rows", snapshot(tables=(table("t", 20_000, dead_rows=20_000, **of_table),)))
    assert found.severity is severity
    assert 'VACUUM (ANALYZE) "public"."t";' in found.remedy
