"""Workloads nobody has seen, in layouts nobody has chosen: the counts are the workload's own."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.slow.logged.transactions import REPEATED
from forge_doctor.sql.fingerprint import fingerprint
from tests.support.engine_logs import BARE, BY_REQUEST, EngineLog, read_text, tuples

STATEMENTS = (
    "SELECT halls.id, halls.name \nFROM halls ORDER BY halls.id \n LIMIT $1::INTEGER",
    "SELECT shelves.id AS shelves_id, shelves.hall_id AS shelves_hall_id \nFROM shelves \nWHERE $1::INTEGER = shelves.hall_id",
    "SELECT keepers.id, keepers.name \nFROM keepers \nWHERE keepers.id = $1::INTEGER",
    "UPDATE shelves SET name=$1::VARCHAR WHERE shelves.id = $2::INTEGER",
    "INSERT INTO visits (hall_id, at) VALUES ($1::INTEGER, now()) RETURNING visits.id",
    "SELECT count(*) AS count_1 \nFROM visits \nWHERE visits.hall_id IN ($1::INTEGER, $2::INTEGER)",
)
WRITING = (3, 4)


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction: which statements run how often one after the other, and how it ends."""

    runs: tuple[tuple[int, int], ...]
    commit: bool


work = st.builds(
    Work,
    st.lists(st.tuples(st.integers(0, len(STATEMENTS) - 1), st.integers(1, 9)), min_size=1, max_size=4).map(tuple),
    st.booleans(),
)
requests = st.lists(st.lists(work, min_size=1, max_size=4), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=requests, layout=st.sampled_from(sorted(BY_REQUEST)), seed=st.randoms(use_true_random=False))
def test_requests_at_once_are_told_apart(asked: list[list[Work]], layout: str, seed: object) -> None:
    steps = [[step for one in request for step in _steps(one)] for request in asked]
    log, left = EngineLog(), dict.fromkeys(range(len(steps)), 0)
    while left:
        number = seed.choice(sorted(left))  # type: ignore[attr-defined]
        _write(log, steps[number][left[number]], f"r{1000 + number}")
        left[number] += 1
        if left[number] == len(steps[number]):
            del left[number]
    _is_the_truth(log.text(BY_REQUEST[layout]), asked)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=requests, layout=st.sampled_from(sorted({**BARE, **BY_REQUEST})))
def test_one_after_the_other_needs_nothing(asked: list[list[Work]], layout: str) -> None:
    log = EngineLog()
    for number, request in enumerate(asked):
        for one in request:
            for step in _steps(one):
                _write(log, step, f"r{1000 + number}")
    _is_the_truth(log.text({**BARE, **BY_REQUEST}[layout]), asked)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    asked=requests.filter(lambda ones: sum(map(len, ones)) > 1),
    layouts=st.lists(st.sampled_from(["echo", "level first", "no logger"]), min_size=2, max_size=2),
    seed=st.randoms(use_true_random=False),
)
def test_what_two_handlers_write_is_one(asked: list[list[Work]], layouts: list[str], seed: object) -> None:
    log, lines = EngineLog(), []
    for request in asked:
        for one in request:
            for step in _steps(one):
                _write(log, step, "-")
    for said in log.records:
        both = [BARE[layout](said) for layout in layouts]
        seed.shuffle(both)  # type: ignore[attr-defined]
        lines += both
    _is_the_truth("\n".join(lines) + "\n", asked)


Step = tuple[str, int, int]


def _steps(one: Work) -> list[Step]:
    runs = [("run", statement, number) for statement, times in one.runs for number in range(times)]
    return [("begin", 0, 0), *runs, ("commit" if one.commit else "rollback", 0, 0)]


def _write(log: EngineLog, step: Step, request: str) -> None:
    kind, statement, number = step
    if kind == "run":
        log.run(STATEMENTS[statement], tuples([number, "it's (1, 2)"]), request)
    elif kind == "begin":
        log.begin(request)
    else:
        log.end(request, commit=kind == "commit")


def _is_the_truth(text: str, asked: list[list[Work]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read_text(Path(folder), text)
    keys = [fingerprint(one).id for one in STATEMENTS]
    runs: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    for one in (one for request in asked for one in request):
        counts: Counter[int] = Counter()
        for statement, times in one.runs:
            counts[statement] += times
        for statement, times in counts.items():
            runs[keys[statement]] += times
            if times >= REPEATED:
                repeated[keys[statement]] += times
    assert {one.key: one.runs for one in found.statements} == dict(runs)
    assert found.transactions == sum(map(len, asked))
    assert not found.interleaved
    told: Counter[str] = Counter()
    for repetition in found.repetitions:
        told[repetition.key] += repetition.runs
    assert told == repeated
    assert "it's" not in repr(found)
