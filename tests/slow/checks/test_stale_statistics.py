"""stale-statistics: changed much since the last ANALYZE."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence, Severity
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


@pytest.mark.parametrize(
    ("of_table", "confidence"),
    [
        ({"blocks": 400, "known_blocks": 200}, Confidence.HIGH),
        ({"blocks": 200, "known_blocks": 200}, None),
        ({"blocks": 200, "known_blocks": 200, "rewritten": 20_000, "written": 20_000}, Confidence.LOW),
        ({"blocks": 200, "known_blocks": 200, "rewritten": 90_000, "written": 110_000}, Confidence.MEDIUM),
        ({"blocks": 289, "known_blocks": 200}, None),
        ({"blocks": 290, "known_blocks": 200}, Confidence.HIGH),
        ({"blocks": 9, "known_blocks": 0, "known_rows": 0}, Confidence.HIGH),
        ({"blocks": None, "known_blocks": 200}, Confidence.MEDIUM),
        ({"blocks": 200, "known_blocks": 200, "vacuumed_age_s": 60.0}, Confidence.MEDIUM),
        ({"analyzed_age_s": None}, Confidence.HIGH),
    ],
)
def test_whether_they_changed_since_is_asked_of_the_tables_size(
    of_table: dict[str, Any], confidence: Confidence | None
) -> None:
    told = {"known_rows": 20_000, "written": 20_000, **of_table}
    found = findings("stale-statistics", seen(20_000, 20_000, **told))
    assert [one.confidence for one in found] == ([] if confidence is None else [confidence])
    if confidence is Confidence.LOW:
        assert found[0].severity is Severity.INFO


def test_one_that_is_being_analysed_is_not_told() -> None:
    assert findings("stale-statistics", seen(20_000, 20_000, worked_on=True)) == ()


@pytest.mark.parametrize(("known", "words"), [(-1, "never analysed"), (500, "no ANALYZE since its counters began")])
def test_never_is_said_of_what_nobody_counted(known: int, words: str) -> None:
    found = only("stale-statistics", seen(20_000, 20_000, analyzed_age_s=None, known_rows=known))
    assert f"({words})" in found.message


@pytest.mark.parametrize(
    ("of_table", "lines"),
    [
        ({}, []),
        ({"autovacuum": False}, ["ALTER TABLE"]),
        ({"settings": {"autovacuum": "off"}}, ["ALTER SYSTEM"]),
        ({"autovacuum": False, "settings": {"autovacuum": "off"}}, ["ALTER TABLE", "ALTER SYSTEM"]),
    ],
)
def test_autovacuum_is_turned_on_where_it_is_off(of_table: dict[str, Any], lines: list[str]) -> None:
    remedy = only("stale-statistics", seen(20_000, 20_000, analyzed_age_s=None, **of_table)).remedy.splitlines()
    assert [" ".join(one.split()[:2]) for one in remedy[1:]] == lines
