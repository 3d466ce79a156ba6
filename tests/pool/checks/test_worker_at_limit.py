"""worker-at-limit: the next request waits in the pool."""

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Number
from tests.support.snapshots import application, findings, idle_in_transaction, only, session, snapshot, told

ASSUMED = Number(value=5, source="SQLAlchemy's default", assumed=True)


def busy(number: int) -> tuple:  # type: ignore[type-arg]
    return tuple(session(pid, state="active") for pid in range(number))


def test_nine_of_ten_is_none_ten_of_ten_is() -> None:
    assert findings("worker-at-limit", snapshot(*busy(9))) == ()
    found = only("worker-at-limit", snapshot(*busy(10)))
    assert found.message.startswith("worker pid 4211 (uvicorn shop:app) holds 10 of the 10 connections its pool allows")
    assert found.confidence is Confidence.HIGH


def test_the_remedy_names_what_keeps_them() -> None:
    assert "blocking-session" in only("worker-at-limit", snapshot(*busy(10))).remedy
    held = tuple(idle_in_transaction(pid, 60.0) for pid in range(10))
    assert "idle-in-transaction" in only("worker-at-limit", snapshot(*held)).remedy


def test_an_assumed_limit_is_info_and_no_more() -> None:
    own = application(pool_size=ASSUMED)
    found = only("worker-at-limit", snapshot(*busy(10), application=own))
    assert (found.severity, found.confidence) == (Severity.INFO, Confidence.MEDIUM)


def test_more_than_one_pool_may_open_is_not_this_fault() -> None:
    assert findings("worker-at-limit", snapshot(*busy(11))) == ()


def test_a_full_pool_that_is_free_is_none() -> None:
    assert findings("worker-at-limit", snapshot(*(session(pid, statement="ROLLBACK") for pid in range(10)))) == ()


def test_without_a_worker_it_does_not_apply() -> None:
    assert told("worker-at-limit", snapshot(*busy(10), processes=())) == ()


def test_blind_spots_are_said() -> None:
    seen = snapshot(*busy(1), blind_spots=("the sockets of 3 processes of user app cannot be read; run as root",))
    assert [one.reason for one in told("worker-at-limit", seen)] == list(seen.blind_spots)
