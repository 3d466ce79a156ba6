"""unused-index: never used since the server counts."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, index, only, snapshot, table

DAY_S = 86_400.0


def seen(
    reads: int = 5000, settings: dict[str, str] | None = None, in_recovery: bool = False, **of_index: Any
) -> SlowSnapshot:
    own = index("t", "a", **{"scans": 0, "size_bytes": 5_000_000, **of_index})
    tables = (table("t", index_scans=reads - 10, scans=10),)
    return snapshot(tables=tables, indexes=(own,), settings=settings or {}, in_recovery=in_recovery)


@pytest.mark.parametrize(
    ("of_index", "number"),
    [
        ({}, 1),
        ({"scans": 1}, 0),
        ({"unique": True}, 0),
        ({"constraint": True}, 0),
        ({"valid": False}, 0),
        ({"size_bytes": 1_048_575}, 0),
        ({"counted_s": 14 * DAY_S}, 1),
        ({"counted_s": 14 * DAY_S - 1}, 0),
        ({"counted_s": None}, 0),
    ],
)
def test_which_are_told(of_index: dict[str, Any], number: int) -> None:
    assert len(findings("unused-index", seen(**of_index))) == number


@pytest.mark.parametrize(("reads", "number"), [(999, 0), (1000, 1)])
def test_a_table_nobody_reads_tells_nothing(reads: int, number: int) -> None:
    assert len(findings("unused-index", seen(reads))) == number


def test_a_standby_and_a_server_that_does_not_count() -> None:
    assert findings("unused-index", seen(in_recovery=True)) == ()
    assert findings("unused-index", seen(settings={"track_counts": "off"})) == ()


def test_the_condition_stands_above_the_statement() -> None:
    lines = only("unused-index", seen()).remedy.splitlines()
    assert lines[0].startswith("-- only if it is not new, and no standby")
    assert lines[1].startswith("SELECT format('DROP INDEX CONCURRENTLY")
    assert "c.relname = 't_a_idx'" in lines[1]
    assert "interval '1209600 s'" in lines[1]


def test_an_index_of_an_expression_is_told_to_keep_statistics() -> None:
    assert "statistics of its expression" not in only("unused-index", seen()).remedy
    own = index("t", "lower(a)", scans=0, size_bytes=2_000_000)
    read = table("t", scans=2000)
    assert "statistics of its expression" in only("unused-index", snapshot(tables=(read,), indexes=(own,))).remedy
