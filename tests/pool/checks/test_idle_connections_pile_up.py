"""idle-connections-pile-up: kept by threads or requests, bounded by no pool."""

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from tests.support.snapshots import findings, serving, session, snapshot

RESET = "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL"


def kept(number: int, *, idle_s: float = 6.0, statement: str = "SELECT ?", **of_the_worker: object) -> PoolSnapshot:
    sessions = [session(pid, state_age_s=idle_s, statement=statement) for pid in range(number)]
    own = {"libraries": ("psycopg",), **of_the_worker}
    return snapshot(*sessions, processes=(serving(7, *sessions, **own),))


@pytest.mark.parametrize(("number", "found"), [(9, 0), (10, 1)])
def test_ten_and_a_fifth_of_47_slots(number: int, found: int) -> None:
    told = findings("idle-connections-pile-up", kept(number))
    assert [one.severity for one in told] == [Severity.WARNING] * found


@pytest.mark.parametrize(("idle_s", "found"), [(4.9, 0), (5.0, 1)])
def test_a_moment_of_idleness_is_use(idle_s: float, found: int) -> None:
    assert len(findings("idle-connections-pile-up", kept(12, idle_s=idle_s))) == found


@pytest.mark.parametrize("statement", ["ROLLBACK", RESET, "LISTEN orders"])
def test_what_a_pool_has_back_or_listens_is_none(statement: str) -> None:
    assert findings("idle-connections-pile-up", kept(12, statement=statement)) == ()


@pytest.mark.parametrize("libraries", [("psycopg", "sqlalchemy"), None])
def test_with_sqlalchemy_or_unknown_libraries_other_checks_judge(libraries: tuple[str, ...] | None) -> None:
    assert findings("idle-connections-pile-up", kept(12, libraries=libraries)) == ()


def test_as_many_requests_as_connections_use_them() -> None:
    assert findings("idle-connections-pile-up", kept(12, requests=12)) == ()
