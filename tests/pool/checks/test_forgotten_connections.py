"""forgotten-connections: more idle ones than the pool keeps were never returned."""

from dataclasses import replace

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import Number
from tests.support.snapshots import application, findings, only, session, snapshot, told, worker


def idle(number: int, age: float = 6.0) -> tuple:  # type: ignore[type-arg]
    return tuple(session(pid, state_age_s=age) for pid in range(number))


def test_as_many_as_the_pool_keeps_is_healthy_one_more_is_forgotten() -> None:
    assert findings("forgotten-connections", snapshot(*idle(5))) == ()
    assert "at least 1 were checked out and never returned" in only("forgotten-connections", snapshot(*idle(6))).message


def test_a_moment_of_idleness_is_a_connection_in_use() -> None:
    assert findings("forgotten-connections", snapshot(*idle(8, age=4.9))) == ()


def test_busy_ones_do_not_count() -> None:
    busy = tuple(session(pid + 100, state="active") for pid in range(5))
    assert findings("forgotten-connections", snapshot(*idle(5), *busy)) == ()


def test_two_databases_are_two_pools() -> None:
    other = tuple(replace(one, pid=one.pid + 100, client_port=60000 + one.pid, database="audit") for one in idle(5))
    assert findings("forgotten-connections", snapshot(*idle(5), *other)) == ()


def test_an_assumed_pool_size_is_no_proof() -> None:
    own = application(pool_size=Number(value=5, source="SQLAlchemy's default", assumed=True))
    assert told("forgotten-connections", snapshot(*idle(9), application=own)) == ()


def test_what_came_back_to_its_pool_is_not_forgotten() -> None:
    returned = tuple(replace(one, statement="ROLLBACK") for one in idle(9))
    assert findings("forgotten-connections", snapshot(*returned)) == ()
    committed = tuple(replace(one, statement="COMMIT") for one in idle(9))
    assert only("forgotten-connections", snapshot(*committed)).confidence is Confidence.MEDIUM


def test_more_than_one_pool_allows_are_several_pools() -> None:
    assert findings("forgotten-connections", snapshot(*idle(11))) == ()


def test_a_worker_without_sqlalchemy_has_no_overflow() -> None:
    sessions = idle(9)
    seen = snapshot(*sessions, processes=(worker(7, *sessions, libraries=("psycopg",)),))
    assert findings("forgotten-connections", seen) == ()


def test_what_listens_is_none_of_the_pools() -> None:
    listening = tuple(session(pid + 50, state_age_s=60.0, statement='LISTEN "orders"') for pid in range(7))
    assert findings("forgotten-connections", snapshot(*idle(5), *listening)) == ()
    assert findings("several-engines", snapshot(*idle(5), *listening)) == ()
