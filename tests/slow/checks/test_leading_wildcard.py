"""leading-wildcard: patterns in a whole table."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import findings, index, only, plan, scan, snapshot, statement, table


def seen(condition: str, *, blocks: int = 5000, rows: int = 1_000_000, **overrides: Any) -> SlowSnapshot:
    one = statement(f"SELECT p.id FROM parcel p WHERE {condition}", blocks=blocks * 100)
    plans = overrides.pop("plans", (plan(one, scan("parcel", condition, alias="p")),))
    return snapshot(one, plans=plans, tables=(table("parcel", rows),), **overrides)


LIKE = "((p.note)::text ~~ ($1)::text)"


@pytest.mark.parametrize(("blocks", "number"), [(299, 0), (300, 1)])
def test_blocks_a_call(blocks: int, number: int) -> None:
    assert len(findings("leading-wildcard", seen(LIKE, blocks=blocks))) == number


@pytest.mark.parametrize(
    ("condition", "sure"), [(LIKE, Confidence.MEDIUM), (LIKE.replace("~~", "~~*"), Confidence.HIGH)]
)
def test_what_the_pattern_is_nobody_sees(condition: str, sure: Confidence) -> None:
    found = only("leading-wildcard", seen(condition))
    assert found.confidence is sure
    assert 'USING gin ((("note")::text) gin_trgm_ops);' in found.remedy


def test_a_trigram_index_is_there() -> None:
    own = index("parcel", "note", method="gin", makes="CREATE INDEX x ON parcel USING gin (note gin_trgm_ops)")
    assert findings("leading-wildcard", seen(LIKE, indexes=(own,))) == ()


def test_a_small_table() -> None:
    assert findings("leading-wildcard", seen(LIKE, rows=9_999)) == ()


def test_by_its_text_another_column_may_be_what_the_index_is_asked_for() -> None:
    text = "p.hub_id = $1 AND p.note LIKE $2"
    assert len(findings("leading-wildcard", seen(text, plans=()))) == 1
    assert findings("leading-wildcard", seen(text, plans=(), indexes=(index("parcel", "hub_id"),))) == ()


def test_on_one_side_of_an_or_even_a_trigram_index_is_not_used() -> None:
    own = index("parcel", "note", method="gin", makes="CREATE INDEX x ON parcel USING gin (note gin_trgm_ops)")
    either = "((p.kind = $1) OR (p.note ~~* $2) OR (ANY (p.id = (hashed SubPlan '?').col1)))"
    assert "union()" in only("leading-wildcard", seen(either, indexes=(own,))).remedy


def test_a_regular_expression_of_a_key_in_json() -> None:
    found = only("leading-wildcard", seen("((p.labels ->> $1) ~ $2)"))
    assert "of exactly the expression" in found.remedy
    assert "CREATE INDEX" not in found.remedy
