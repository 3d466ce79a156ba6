"""A snapshot that is saved and read back is the same, and what is no snapshot is said to be none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Confidence
from forge_doctor.slow.plan import PlanNode, RareValue, Trial
from forge_doctor.slow.record import dump, load
from forge_doctor.slow.server.schema import ForeignKey
from forge_doctor.slow.server.work import DatabaseDelta, SampledStatement, Samples
from forge_doctor.slow.snapshot import SlowSnapshot, StatementLine
from tests.support.slow_snapshots import column, index, plan, scan, snapshot, statement, table


def full() -> SlowSnapshot:
    one = statement("SELECT t.a FROM t WHERE t.b = $1", tags={"route": "/t"}, jit_ms=1.5)
    root = PlanNode(kind="Limit", children=(scan("t", "(t.b = $1)", sort_key=("t.a",)),))
    trial = Trial(definition="CREATE INDEX ON t (b)", cost_before=9.0, cost_after=1.0, used=True)
    rare = RareValue(column="b", frequency=0.001, generic_cost=9.0, cost=1.0, index="t_b_idx")
    return snapshot(
        one,
        plans=(plan(one, root, trials=(trial,), rare=rare),),
        tables=(table("t"),),
        indexes=(index("t", "a"),),
        columns=(column("t", "a"),),
        foreign_keys=(
            ForeignKey(schema="public", table="t", column="a", to_schema="public", to_table="u", to_column="id"),
        ),
        samples=Samples(looks=3, waits={"CPU": 2}, statements=(SampledStatement(key="k", blockers=("x",)),)),
        delta=DatabaseDelta(window_s=3.0, active_s=1.0),
        settings={"jit": "on"},
        lines=(StatementLine(key="k", file="a.py", line=3, function="f", confidence=Confidence.HIGH, why="w"),),
    )


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "slow.json"
    path.write_text(dump(full()))
    assert load(path) == full()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no snapshot"),
        ("[]", "is no snapshot of slow"),
        ('{"format": "forge-doctor/pool-snapshot/1"}', "is no snapshot of slow"),
        ('{"format": "forge-doctor/slow-snapshot/1"}', "is damaged: snapshot must be an object"),
        ("[" * 100_000, "is no snapshot"),
    ],
)
def test_a_foreign_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "slow.json"
    path.write_text(text)
    with pytest.raises(CannotInspect, match=words) as told:
        load(path)
    assert str(path) in str(told.value)


def test_a_field_of_another_type_is_named(tmp_path: Path) -> None:
    document = json.loads(dump(full()))
    document["snapshot"]["server"]["statistics"]["statements"][0]["calls"] = "many"
    path = tmp_path / "slow.json"
    path.write_text(json.dumps(document))
    with pytest.raises(CannotInspect, match=r"statements\[0\]\.calls must be int"):
        load(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CannotInspect, match="cannot be read"):
        load(tmp_path / "none.json")
