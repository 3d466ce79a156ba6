"""held-by-requests: as many requests in flight as sessions held."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import findings, idle_in_transaction, only, serving, session, snapshot, worker


def held(number: int, idle_s: float = 6.0, **of_the_worker: object) -> PoolSnapshot:
    sessions = [idle_in_transaction(pid, idle_s + pid) for pid in range(number)]
    return snapshot(*sessions, processes=(serving(7, *sessions, **of_the_worker),))


@pytest.mark.parametrize(("sessions", "requests", "number"), [(3, 3, 1), (2, 3, 0), (3, 2, 0), (3, 0, 0)])
def test_three_sessions_and_a_request_for_each(sessions: int, requests: int, number: int) -> None:
    assert len(findings("held-by-requests", held(sessions, requests=requests))) == number


@pytest.mark.parametrize(("idle_s", "number"), [(2.9, 0), (3.0, 1)])
def test_a_moment_is_none(idle_s: float, number: int) -> None:
    assert len(findings("held-by-requests", held(3, idle_s, requests=4))) == number  # the oldest is 2 s older


def test_streams_alone_are_certain_and_have_their_own_mend() -> None:
    found = only("held-by-requests", held(3, streams=3))
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert "open streams or WebSockets" in found.message
    assert "before the response begins" in found.remedy
    assert "these requests would fail" in found.remedy
    assert "async with" not in found.remedy


def test_slow_calls_are_ended_by_a_commit() -> None:
    found = only("held-by-requests", held(3, requests=3))
    assert found.confidence is Confidence.MEDIUM
    assert found.remedy.startswith("await session.commit()")


def test_more_requests_than_connections_wait_for_one() -> None:
    found = only("held-by-requests", held(3, streams=3, requests=2))
    assert found.severity is Severity.ERROR
    assert "About 2 more wait for a connection" in found.message
    assert found.sessions == (0, 1, 2)


def test_where_requests_cannot_be_counted_nothing_is_said() -> None:
    assert findings("held-by-requests", held(3, requests=3, requests_exact=False)) == ()
    assert findings("held-by-requests", held(3, requests=3, listen=())) == ()


def test_busy_sessions_are_not_held() -> None:
    sessions = [session(pid, state="active") for pid in range(5)]
    assert findings("held-by-requests", snapshot(*sessions, processes=(serving(7, *sessions, requests=9),))) == ()


def test_what_asyncpgs_pool_has_given_out_is_held_though_no_transaction_is_open() -> None:
    out = [session(pid, state_age_s=8.0) for pid in range(4)]
    back = [session(9, state_age_s=8.0, statement="SELECT pg_advisory_unlock_all(); RESET ALL")]
    alone = serving(7, *out, *back, requests=9, libraries=("asyncpg",))
    found = only("held-by-requests", snapshot(*out, *back, processes=(alone,)))
    assert "holds 4 connections idle and not returned to their pool" in found.message
    assert "pool.acquire()" in found.remedy
    both = serving(7, *out, *back, requests=9, libraries=("asyncpg", "sqlalchemy"))
    assert findings("held-by-requests", snapshot(*out, *back, processes=(both,))) == ()


def test_quiet_websockets_hold_as_well_and_are_less_certain() -> None:
    found = only("held-by-requests", held(3, quiet_open=3))
    assert found.confidence is Confidence.MEDIUM
    assert "open streams or WebSockets" in found.message


@pytest.mark.parametrize(("through", "check"), [(9, "held-by-requests"), (18, "pool-waits-for-itself")])
def test_behind_a_pooler_the_workers_requests_hold_its_connections(through: int, check: str) -> None:
    """With no more connections to it than requests, none of them can wait for a second one."""
    sessions = [idle_in_transaction(pid, 13.0) for pid in range(4)]
    pooler = worker(50, *sessions, role=Role.OTHER, name="pgbouncer", server="", application="")
    ends = worker(0, *(session(pid, client_port=50000 + pid) for pid in range(through))).database_sockets
    seen = snapshot(*sessions, processes=(pooler, serving(7, requests=9, pooler_sockets=ends)))
    found = only(check, seen)
    assert "worker pid 7 through pid 50 (pgbouncer)" in found.message
    assert findings("leaked-transactions", seen) == ()
