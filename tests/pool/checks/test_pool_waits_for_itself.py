"""pool-waits-for-itself: all held since one moment, twice as many requests, nothing runs."""

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import Looks, PoolSnapshot
from forge_doctor.probes.application.call_stacks import ProcessStacks, SuspendedTask, Waiting
from forge_doctor.probes.processes.workers import CodeLine
from tests.support.snapshots import findings, idle_in_transaction, only, serving, session, snapshot


def stuck(*ages: float, requests: int = 8, others: tuple[object, ...] = (), **overrides: object) -> PoolSnapshot:
    sessions = [idle_in_transaction(pid, age) for pid, age in enumerate(ages)]
    everybody = [*sessions, *others]
    return snapshot(*everybody, processes=(serving(7, *everybody, requests=requests),), **overrides)


@pytest.mark.parametrize(("requests", "number"), [(7, 0), (8, 1)])
def test_twice_as_many_requests_as_connections(requests: int, number: int) -> None:
    assert len(findings("pool-waits-for-itself", stuck(8.0, 8.1, 8.0, 8.1, requests=requests))) == number


@pytest.mark.parametrize(("ages", "number"), [((8.0, 9.0), 1), ((8.0, 9.1), 0), ((2.9, 2.9), 0), ((3.0, 3.0), 1)])
def test_since_one_moment_and_long_enough(ages: tuple[float, ...], number: int) -> None:
    assert len(findings("pool-waits-for-itself", stuck(*ages))) == number


@pytest.mark.parametrize("state", ["active", "idle"])
def test_one_that_moves_or_is_free_denies_it(state: str) -> None:
    assert findings("pool-waits-for-itself", stuck(8.0, 8.0, others=(session(9, state=state),))) == ()


def test_one_connection_alone_is_no_proof() -> None:
    assert findings("pool-waits-for-itself", stuck(8.0)) == ()


def test_it_names_the_mend_and_not_a_call_to_another_service() -> None:
    found = only("pool-waits-for-itself", stuck(8.0, 8.1))
    assert found.remedy.startswith("One session per request")
    assert "one after another" not in found.message
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(("calls", "number"), [(1, 1), (2, 0)])
def test_calls_to_another_service_without_an_answer_are_what_holds(calls: int, number: int) -> None:
    sessions = [idle_in_transaction(pid, 8.0) for pid in range(2)]
    seen = snapshot(*sessions, processes=(serving(7, *sessions, requests=8, calls_out=calls),))
    assert len(findings("pool-waits-for-itself", seen)) == number
    assert len(findings("held-by-requests", seen, sessions=2)) == 1 - number


@pytest.mark.parametrize(
    ("at_pool", "elsewhere", "confidence"),
    [(8, 0, Confidence.HIGH), (2, 1, Confidence.MEDIUM), (6, 2, None)],
)
def test_the_tasks_tell_what_they_wait_for(at_pool: int, elsewhere: int, confidence: Confidence | None) -> None:
    waits = (Waiting.POOL,) * at_pool + (Waiting.OTHER,) * elsewhere
    tasks = tuple(SuspendedTask(lines=(CodeLine(file="api.py", line=1),), waits_for=one) for one in waits)
    stacks = ProcessStacks(pid=7, tool="test", samples=1, tasks=tasks)
    found = findings("pool-waits-for-itself", stuck(8.0, 8.1, stacks=(stacks,)))
    assert [one.confidence for one in found] == ([] if confidence is None else [confidence])


def test_several_looks_do_not_tell_a_second_connection_from_a_slow_thing() -> None:
    looks = Looks(window_s=5.0, opened=0, persisting=(0, 1))
    assert only("pool-waits-for-itself", stuck(8.0, 8.1, looks=looks)).confidence is Confidence.MEDIUM
