"""pool-too-small: requests queue while every connection is busy and the server has room."""

import pytest

from forge_doctor.finding import Confidence
from tests.support.snapshots import findings, only, session, snapshot, worker


def full(state: str = "active", **overrides: object) -> tuple:  # type: ignore[type-arg]
    return tuple(session(pid, state=state, **overrides) for pid in range(10))


@pytest.mark.parametrize(("requests", "number"), [(12, 0), (13, 1)])
def test_three_requests_more_than_connections(requests: int, number: int) -> None:
    seen = snapshot(*full(), processes=(worker(7, *full(), requests_in_flight=requests),))
    assert len(findings("pool-too-small", seen)) == number


def test_the_message_says_that_it_is_not_the_database() -> None:
    seen = snapshot(*full(), processes=(worker(7, *full(), requests_in_flight=30),))
    assert (
        "about 20 requests wait in the pool, while the server has 37 slots free. It is not the database."
        in only("pool-too-small", seen).message
    )


@pytest.mark.parametrize("overrides", [{"state": "idle in transaction"}, {"blocked_by": (1,)}])
def test_connections_that_do_no_work_are_another_fault(overrides: dict[str, object]) -> None:
    held = full(**overrides)  # type: ignore[arg-type]
    assert findings("pool-too-small", snapshot(*held, processes=(worker(7, *held, requests_in_flight=30),))) == ()


def test_a_full_server_would_not_bear_a_larger_pool() -> None:
    others = tuple(session(100 + pid, user="cron", client_addr=None, client_port=-1) for pid in range(25))
    assert (
        findings("pool-too-small", snapshot(*full(), *others, processes=(worker(7, *full(), requests_in_flight=30),)))
        == ()
    )


@pytest.mark.parametrize(("exact", "confidence"), [(True, Confidence.HIGH), (False, Confidence.MEDIUM)])
def test_it_is_sure_only_where_requests_are_told_from_idle_connections(exact: bool, confidence: Confidence) -> None:
    process = worker(7, *full(), requests_in_flight=30, requests_exact=exact)
    assert only("pool-too-small", snapshot(*full(), processes=(process,))).confidence is confidence


def test_a_worker_whose_sessions_are_hidden_is_not_called_busy() -> None:
    process = worker(7, *full(), requests_in_flight=30)
    assert findings("pool-too-small", snapshot(session(900), processes=(process,))) == ()


def test_it_is_about_the_sessions_of_that_worker() -> None:
    seen = snapshot(*full(), session(900), processes=(worker(7, *full(), requests_in_flight=30),))
    assert only("pool-too-small", seen).sessions == tuple(range(10))
