"""several-engines: one pool cannot hold that many."""

from dataclasses import replace

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import Number
from tests.support.snapshots import application, findings, only, session, snapshot, worker


@pytest.mark.parametrize(("number", "found"), [(10, 0), (11, 1)])
def test_above_the_limit_of_one_pool(number: int, found: int) -> None:
    told = findings("several-engines", snapshot(*(session(pid) for pid in range(number))))
    assert [one.severity for one in told] == [Severity.WARNING] * found


def test_an_assumed_limit_is_only_disproved() -> None:
    own = application(pool_size=Number(value=5, source="SQLAlchemy's default", assumed=True))
    found = only("several-engines", snapshot(*(session(pid) for pid in range(11)), application=own))
    assert found.severity is Severity.INFO
    assert found.remedy == ""


def test_two_databases_are_two_pools() -> None:
    sessions = [session(pid, database="shop" if pid % 2 else "audit") for pid in range(12)]
    assert findings("several-engines", snapshot(*sessions)) == ()


def test_another_librarys_pool_has_other_limits() -> None:
    sessions = [session(pid) for pid in range(12)]
    seen = snapshot(*sessions, processes=(worker(7, *sessions, libraries=("asyncpg",)),))
    assert findings("several-engines", seen) == ()


def test_an_engine_for_each_request_is_proven_by_lives_that_do_not_overlap() -> None:
    """Each was opened although those before lay idle: more of them than one pool of any likely size renews."""
    ages = [10.0 + 2.0 * (20 - at) for at in range(20)]
    sessions = [
        session(at, backend_age_s=age, state_age_s=age - 0.1, statement="ROLLBACK") for at, age in enumerate(ages, 1)
    ]
    assumed = Number(value=5, source="SQLAlchemy's default", assumed=True)
    unknown = application(pool_size=assumed, max_overflow=replace(assumed, value=10))
    seen = snapshot(*sessions, application=unknown, processes=(worker(7, *sessions),))
    found = only("several-engines", seen)
    assert found.severity is Severity.WARNING
    assert "20 of which were opened one after another" in found.message
    burst = [replace(one, backend_age_s=60.0) for one in sessions]
    assert only("several-engines", replace(seen, sessions=tuple(burst))).severity is Severity.INFO
