"""not-the-database: requests in flight, sessions at rest."""

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from tests.support.snapshots import findings, serving, session, snapshot


def service(requests: int, busy: int = 0, **of_the_worker: object) -> PoolSnapshot:
    sessions = [session(pid, state="active" if pid < busy else "idle") for pid in range(5)]
    return snapshot(*sessions, processes=(serving(7, *sessions, requests=requests, **of_the_worker),))


@pytest.mark.parametrize(("requests", "busy", "number"), [(4, 0, 0), (5, 0, 1), (9, 1, 0), (10, 1, 1)])
def test_five_requests_and_a_tenth_busy(requests: int, busy: int, number: int) -> None:
    found = findings("not-the-database", service(requests, busy))
    assert [one.severity for one in found] == [Severity.INFO] * number


def test_streams_wait_on_purpose() -> None:
    assert findings("not-the-database", service(0, streams_open=20)) == ()


def test_a_lock_queue_is_the_database() -> None:
    seen = service(9)
    waiter = session(50, state="active", blocked_by=(51,), user="other")
    both = snapshot(*seen.sessions, waiter, processes=seen.processes)
    assert findings("not-the-database", both) == ()


def test_what_is_behind_a_pooler_cannot_be_told() -> None:
    sockets = serving(7, session(1)).database_sockets
    assert findings("not-the-database", service(9, pooler_sockets=sockets)) == ()


@pytest.mark.parametrize(("listening", "number"), [(5, 1), (6, 0)])
def test_requests_that_each_listen_wait_on_purpose(listening: int, number: int) -> None:
    sessions = [session(pid, statement="LISTEN orders" if pid < listening else "ROLLBACK") for pid in range(6)]
    seen = snapshot(*sessions, processes=(serving(7, *sessions, requests=6),))
    assert len(findings("not-the-database", seen)) == number
