"""statistics-unreliable: young, incomplete, not kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, only, server, snapshot, statement, statistics


def seen(settings: dict[str, str] | None = None, **of_statistics: object) -> SlowSnapshot:
    base = snapshot()
    told = replace(statistics(statement("SELECT 1")), **of_statistics)
    return replace(base, server=server(statistics=told, settings=settings or {}))


@pytest.mark.parametrize(("age_s", "number"), [(599.0, 1), (600.0, 0), (None, 0)])
def test_a_reset_minutes_ago(age_s: float | None, number: int) -> None:
    assert len(findings("statistics-unreliable", seen(age_s=age_s))) == number


def test_no_reset_concerns_two_looks() -> None:
    assert findings("statistics-unreliable", seen(age_s=60.0, window_s=5.0)) == ()


def test_dropped_rows_are_counted() -> None:
    found = only("statistics-unreliable", seen(deallocations=7))
    assert "7 times" in found.message
    assert "10000" in found.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("track_counts", "off"),
        ("track_activities", "off"),
        ("pg_stat_statements.track", "none"),
        ("compute_query_id", "off"),
    ],
)
def test_what_is_not_counted(name: str, value: str) -> None:
    assert only("statistics-unreliable", seen({name: value})).remedy.startswith(f"ALTER SYSTEM SET {name} = ")


def test_ids_are_computed_for_whoever_asks() -> None:
    assert findings("statistics-unreliable", seen({"compute_query_id": "auto"})) == ()
