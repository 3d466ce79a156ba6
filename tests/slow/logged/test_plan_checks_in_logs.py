"""What the checks of plans say of a server's log alone: auto_explain's text in it, nothing else known."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Finding
from forge_doctor.settings import Settings
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.engine_logs import read_text
from tests.support.server_logs import FORMATS, Logged

WHOLE = "(cost=0.00..18334.00 rows=12 width=41)"
SMALL = "(cost=0.00..18.50 rows=1 width=41)"
MOST = "(cost=0.00..18334.00 rows=700000 width=41)"


def findings(folder: Path, *records: Logged, written: str = "stderr") -> tuple[Finding, ...]:
    read = read_text(folder, FORMATS[written](records))
    return run_slow(SlowSnapshot(taken_at="", target="db.log", logged=read), Settings()).findings


def planned(query: str, *plan: str, ms: float = 412.4) -> Logged:
    return Logged(message="\n".join((f"duration: {ms} ms  plan:", f"Query Text: {query}", *plan)))


def scan(query: str, condition: str, cost: str = WHOLE) -> Logged:
    return planned(query, f"Seq Scan on parcel  {cost}", f"  Filter: {condition}")


CASES = {
    "missing-index": scan("SELECT id FROM parcel WHERE hub_id = $1", "(hub_id = $1)"),
    "index-defeated-by-expression": scan(
        "SELECT id FROM parcel WHERE lower(code) = $1", "(lower((code)::text) = ($1)::text)"
    ),
    "leading-wildcard": scan("SELECT id FROM parcel WHERE note LIKE '%red'", "((note)::text ~~ '%red'::text)"),
    "json-without-gin": scan("SELECT id FROM parcel WHERE labels @> $1", "(labels @> $1)"),
    "count-of-big-table": planned(
        "SELECT count(*) FROM parcel",
        "Aggregate  (cost=20000.00..20000.01 rows=1 width=8)",
        "  ->  Seq Scan on parcel  (cost=0.00..18334.00 rows=900000 width=0)",
    ),
    "cartesian-product": planned(
        "SELECT parcel.id FROM parcel, hub",
        "Nested Loop  (cost=0.00..400986.00 rows=12000000 width=8)",
        "  ->  Seq Scan on parcel  (cost=0.00..600.00 rows=30000 width=4)",
        "  ->  Materialize  (cost=0.00..9.00 rows=400 width=4)",
        "        ->  Seq Scan on hub  (cost=0.00..7.00 rows=400 width=4)",
    ),
    "deep-offset": planned(
        "SELECT id FROM parcel ORDER BY id LIMIT 20 OFFSET $1",
        "Limit  (cost=3000.00..3001.00 rows=20 width=8)",
        "  ->  Index Scan using parcel_pkey on parcel  (cost=0.43..30000.00 rows=900000 width=8)",
    ),
}


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("check", CASES)
def test_each_is_told_by_its_plan(tmp_path: Path, check: str, written: str) -> None:
    found = findings(tmp_path, CASES[check], CASES[check], written=written)
    assert [one.check for one in found] == [check]


@pytest.mark.parametrize("check", [name for name in CASES if name != "cartesian-product"])
def test_nothing_is_told_of_what_was_fast(tmp_path: Path, check: str) -> None:
    fast = Logged(message=CASES[check].message.replace("412.4", "12.4"))
    assert findings(tmp_path, fast) == ()


@pytest.mark.parametrize("cost", [SMALL, MOST])
@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("SELECT id FROM parcel WHERE hub_id = $1", "(hub_id = $1)"),
        ("SELECT id FROM parcel WHERE lower(code) = $1", "(lower((code)::text) = ($1)::text)"),
        ("SELECT id FROM parcel WHERE labels @> $1", "(labels @> $1)"),
    ],
)
def test_nothing_is_told_of_a_small_table_and_of_most_of_one(
    tmp_path: Path, query: str, condition: str, cost: str
) -> None:
    assert findings(tmp_path, scan(query, condition, cost)) == ()


def test_a_pattern_that_begins_with_a_word_is_not_told(tmp_path: Path) -> None:
    begins = scan("SELECT id FROM parcel WHERE note LIKE $1", "((note)::text ~~ $1)")
    asked = Logged(
        message="duration: 412.3 ms  execute s1: SELECT id FROM parcel WHERE note LIKE $1",
        detail="parameters: $1 = 'red%'",
    )
    assert findings(tmp_path, begins, asked) == ()
    open_one = Logged(message=asked.message, detail="parameters: $1 = '%red'")
    assert [one.check for one in findings(tmp_path, begins, open_one)] == ["leading-wildcard"]


def test_an_index_that_is_read_is_not_missing(tmp_path: Path) -> None:
    used = planned(
        "SELECT id FROM parcel WHERE hub_id = $1",
        "Index Scan using parcel_hub on parcel  (cost=0.43..30000.00 rows=12 width=8)",
        "  Index Cond: (hub_id = $1)",
    )
    assert findings(tmp_path, used) == ()


@pytest.mark.parametrize("written", FORMATS)
def test_what_goes_to_disk(tmp_path: Path, written: str) -> None:
    spilled = Logged(
        message='temporary file: path "base/pgsql_tmp/pgsql_tmp77.0", size 41943040',
        statement="SELECT id FROM parcel ORDER BY note",
    )
    (found,) = findings(tmp_path, spilled, written=written)
    assert found.check == "sort-spill"
    assert "40.0 MB" in found.message


def test_a_plan_and_its_duration_are_one_execution(tmp_path: Path) -> None:
    twice = Logged(message="duration: 412.6 ms  execute s1: SELECT id FROM parcel WHERE hub_id = $1")
    (found,) = findings(tmp_path, CASES["missing-index"], twice)
    assert next(one.value for one in found.evidence if one.label == "calls") == 1


def test_short_sessions_are_told(tmp_path: Path) -> None:
    ended = Logged(message="disconnection: session time: 0:00:00.120 user=shop database=shop host=10.0.0.1 port=4000")
    opened = Logged(message="connection authorized: user=shop database=shop")
    read = read_text(tmp_path, FORMATS["stderr"]([opened, ended] * 12))
    assert read.sessions is not None
    assert (read.sessions.opened, read.sessions.ended, read.sessions.short) == (12, 12, 12)
