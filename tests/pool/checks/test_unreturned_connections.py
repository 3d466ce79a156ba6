"""unreturned-connections: opened one after another although those before lie idle."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from tests.support.snapshots import findings, only, serving, session, snapshot

RESET = "SELECT pg_advisory_unlock_all(); RESET ALL"


def kept(number: int, every_s: float = 3.0, statement: str = "SELECT ? FROM orders") -> list[Session]:
    """Each opened, used once, and left: the oldest first."""
    ages = [10.0 + every_s * (number - at) for at in range(number)]
    return [
        session(at, backend_age_s=age, state_age_s=age - 0.1, statement=statement) for at, age in enumerate(ages, 1)
    ]


def look(*sessions: Session, libraries: tuple[str, ...] = ("asyncpg",), requests: int = 0) -> PoolSnapshot:
    return snapshot(*sessions, processes=(serving(7, *sessions, requests=requests, libraries=libraries),))


@pytest.mark.parametrize(("number", "told"), [(2, 0), (3, 1)])
def test_three_that_no_pool_had_to_give_out(number: int, told: int) -> None:
    assert len(findings("unreturned-connections", look(*kept(number)))) == told


def test_requests_that_wait_make_it_an_error_and_the_mend_is_the_drivers() -> None:
    found = only("unreturned-connections", look(*kept(4), requests=2))
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert "2 requests are in flight, and nothing runs" in found.message
    assert "pool.acquire()" in found.remedy
    other = only("unreturned-connections", look(*kept(4), libraries=("psycopg",)))
    assert other.severity is Severity.WARNING
    assert "pool.connection()" in other.remedy


def test_beside_sqlalchemy_more_than_its_pool_may_renew_one_by_one() -> None:
    both = ("asyncpg", "greenlet", "sqlalchemy")
    assert findings("unreturned-connections", look(*kept(5), libraries=both)) == ()
    assert "6 idle connections" in only("unreturned-connections", look(*kept(6), libraries=both)).message


def test_a_pools_first_filling_and_a_burst_open_theirs_at_one_moment() -> None:
    assert findings("unreturned-connections", look(*kept(9, every_s=0.0))) == ()
    assert findings("unreturned-connections", look(*kept(9, every_s=0.05))) == ()


def test_those_a_pool_uses_again_live_beside_each_other() -> None:
    reused = [session(pid, backend_age_s=100.0 - pid * 5, state_age_s=6.0 + pid) for pid in range(9)]
    assert findings("unreturned-connections", look(*reused)) == ()


@pytest.mark.parametrize("statement", [RESET, "ROLLBACK", "COMMIT", "LISTEN events", ""])
def test_returned_listening_and_unused_ones_are_left_out(statement: str) -> None:
    assert findings("unreturned-connections", look(*kept(9, statement=statement))) == ()


def test_what_was_just_used_is_not_said_to_be_left() -> None:
    young = [session(at, backend_age_s=4.0 - at, state_age_s=3.9 - at) for at in range(4)]
    assert findings("unreturned-connections", look(*young)) == ()
