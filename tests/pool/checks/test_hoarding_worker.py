"""hoarding-worker: one among equals."""

import pytest

from tests.support.snapshots import findings, only, session, snapshot, worker


def held(first: int, second: int) -> object:
    one = [session(pid) for pid in range(first)]
    two = [session(100 + pid) for pid in range(second)]
    return snapshot(*one, *two, processes=(worker(7, *one), worker(8, *two)))


@pytest.mark.parametrize(("first", "second", "number"), [(6, 2, 1), (5, 1, 0), (8, 3, 0), (9, 3, 1), (6, 0, 1)])
def test_six_and_three_times_its_sibling(first: int, second: int, number: int) -> None:
    assert len(findings("hoarding-worker", held(first, second))) == number


def test_what_a_burst_left_in_the_pool_is_no_hoard() -> None:
    kept = [session(pid, statement="ROLLBACK;") for pid in range(15)]
    used = [session(100 + pid) for pid in range(5)]
    seen = snapshot(*kept, *used, processes=(worker(7, *kept, *used), worker(8)))
    assert findings("hoarding-worker", seen) == ()


def test_it_is_named() -> None:
    assert only("hoarding-worker", held(9, 1)).message.startswith("worker pid 7 (uvicorn shop:app) holds 9 connections")


def test_a_single_worker_has_nobody_to_be_compared_with() -> None:
    sessions = [session(pid) for pid in range(20)]
    assert findings("hoarding-worker", snapshot(*sessions, processes=(worker(7, *sessions),))) == ()
