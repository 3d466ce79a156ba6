"""What a diagnosis must not depend on: the order of the facts, how paths are told, what else a log says."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.diagnosis import Diagnosis, Verdict
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.join import Joined, join
from tests.support.triage_facts import diagnosed, facts
from tests.support.triage_scenes import NOISE_LINT, NOISE_LOGS, SCENES, Scene, call_in_transaction, leak, lost_write

RANK = {Verdict.CONFIRMED: 2, Verdict.LIKELY: 1, Verdict.INCONCLUSIVE: 0}


def gist(joined: Joined) -> list[tuple[Any, ...]]:
    return [(one.cause, one.verdict, one.urgency, str(one.place), sorted(one.sessions)) for one in joined.diagnoses]


def shuffled(known: Facts, chance: random.Random) -> Facts:
    parts = []
    for part in known.parts:
        assert part.report is not None
        found = list(part.report.findings)
        told = [*part.report.data.get("problems", ())]
        order = chance.sample(range(len(found)), len(found))
        data = {**part.report.data, "problems": [told[at] for at in order]} if told else part.report.data
        parts.append(replace(part, report=replace(part.report, findings=tuple(found[at] for at in order), data=data)))
    pool = known.pool
    if pool is not None:
        sessions = tuple(chance.sample(pool.sessions, len(pool.sessions)))
        lines = tuple(chance.sample(pool.statement_lines, len(pool.statement_lines)))
        pool = replace(pool, sessions=sessions, statement_lines=lines)
    return replace(known, parts=tuple(chance.sample(parts, len(parts))), pool=pool)


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
def test_the_scene_is_told_right(make: Callable[[], Scene]) -> None:
    scene = make()
    found = diagnosed(**scene.parts).diagnoses
    assert [(one.cause, str(one.place).split(" ")[0]) for one in found] == [(scene.cause, scene.place.split(" ")[0])]
    assert found[0].verdict is Verdict.CONFIRMED
    assert not {str(found[0].place)} & scene.victims


@settings(max_examples=40, deadline=None)
@given(make=st.sampled_from(SCENES), seed=st.integers(0, 2**16))
def test_the_order_of_the_facts_changes_nothing(make: Callable[[], Scene], seed: int) -> None:
    known = facts(**make().parts)
    assert gist(join(shuffled(known, random.Random(seed)))) == gist(join(known))


@settings(max_examples=30, deadline=None)
@given(make=st.sampled_from(SCENES), logs=st.sets(st.sampled_from(range(2))), lint=st.sets(st.sampled_from(range(3))))
def test_what_has_nothing_to_do_with_it_changes_nothing(
    make: Callable[[], Scene], logs: set[int], lint: set[int]
) -> None:
    scene = make()
    more = {
        **scene.parts,
        "logs": (*scene.logs, *(NOISE_LOGS[at] for at in logs)),
        "lint": (*scene.lint, *(NOISE_LINT[at] for at in lint)),
    }
    assert gist(diagnosed(**more)) == gist(diagnosed(**scene.parts))
    assert {one.check for one in diagnosed(**more).unexplained} == {NOISE_LOGS[at][0].check for at in logs}


def on_the_host(culprit: dict[str, Any] | None) -> dict[str, Any] | None:
    return culprit and {**culprit, "file": culprit["file"].replace("/app/", "/srv/shop/")}


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
def test_a_container_s_paths_and_the_host_s_are_the_same(make: Callable[[], Scene]) -> None:
    scene = make()
    told = [(found, {**data, "culprit": on_the_host(data["culprit"])}) for found, data in scene.logs]
    assert gist(diagnosed(**{**scene.parts, "logs": told})) == gist(diagnosed(**scene.parts))


@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
def test_with_less_to_go_by_the_verdict_falls_and_no_victim_is_blamed(make: Callable[[], Scene]) -> None:
    scene = make()
    whole = diagnosed(**scene.parts).diagnoses[0]
    names = [name for name in ("pool", "logs", "lint", "slow", "functions") if scene.parts[name]]
    for size in range(1, len(names) + 1):
        for gone in combinations(names, size):
            less = {**scene.parts, **{name: None if name == "pool" else () for name in gone}}
            for one in diagnosed(**less).diagnoses:
                assert_no_better(one, whole, scene)


def assert_no_better(one: Diagnosis, whole: Diagnosis, scene: Scene) -> None:
    assert RANK[one.verdict] <= RANK[whole.verdict]
    assert str(one.place) not in scene.victims
    if one.cause != scene.cause:
        assert one.verdict is not Verdict.CONFIRMED, (one.cause, one.verdict)


def test_two_incidents_at_once_stay_two() -> None:
    first, second, third = leak(), call_in_transaction(), lost_write()
    assert first.pool is not None
    assert second.pool is not None
    moved = {one.pid: one.pid + 1000 for one in second.pool.sessions}
    sessions = [
        replace(
            one, pid=moved[one.pid], blocked_by=tuple(moved[pid] for pid in one.blocked_by), client_port=42000 + one.pid
        )
        for one in second.pool.sessions
    ]
    lines = tuple(replace(one, pid=moved[one.pid]) for one in second.pool.statement_lines)
    both = replace(first.pool, sessions=(*first.pool.sessions, *sessions), statement_lines=lines)
    found = diagnosed(
        pool=both,
        logs=(*first.logs, *second.logs, *third.logs),
        lint=(*first.lint, *second.lint, *third.lint),
        functions=first.functions,
    ).diagnoses
    assert {(one.cause, str(one.place)) for one in found} == {(one.cause, one.place) for one in (first, second, third)}
    assert found[0].cause == "lost-write"
    by_cause = {one.cause: {each.check for each in one.symptoms} for one in found}
    assert "lock-timeout" in by_cause["lock-held-during-call"]
    assert "lock-timeout" not in by_cause["leaked-session"]
