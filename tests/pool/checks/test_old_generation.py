"""old-generation: holds connections and no longer listens."""

from dataclasses import replace

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import Number, PoolSnapshot
from tests.support.snapshots import application, findings, only, serving, session, snapshot, worker


def generations(old_age_s: float = 20.0, new_age_s: float | None = 5.0, **of_the_old: object) -> PoolSnapshot:
    held, fresh = session(1), session(2)
    old = worker(7, held, age_s=old_age_s, **{"listens": False, **of_the_old})
    new = () if new_age_s is None else (serving(8, fresh, age_s=new_age_s),)
    return snapshot(held, fresh, processes=(old, *new))


def test_older_than_one_that_listens() -> None:
    found = only("old-generation", generations())
    assert found.confidence is Confidence.HIGH
    assert found.message.startswith(
        "1 of 2 workers no longer listens and still holds 1 connection: pid 7 (20 s old, holds 1)"
    )
    assert "&& kill -KILL 7 " in found.remedy.splitlines()[-1]
    assert found.sessions == (1,)


@pytest.mark.parametrize(("old_age_s", "number"), [(4.9, 0), (5.0, 1)])
def test_one_that_has_just_started_may_not_listen_yet(old_age_s: float, number: int) -> None:
    assert len(findings("old-generation", generations(old_age_s, new_age_s=1.0))) == number


def test_one_that_is_younger_than_those_that_listen_is_starting() -> None:
    assert findings("old-generation", generations(20.0, new_age_s=30.0)) == ()


@pytest.mark.parametrize(("age_s", "number"), [(59.0, 0), (60.0, 1)])
def test_alone_it_takes_a_minute_and_stays_uncertain(age_s: float, number: int) -> None:
    found = findings("old-generation", generations(age_s, new_age_s=None))
    assert [one.confidence for one in found] == [Confidence.MEDIUM] * number
    assert not any("kill" in one.remedy for one in found)


@pytest.mark.parametrize("listens", [True, None])
def test_who_listens_or_cannot_be_looked_into_is_none(listens: bool | None) -> None:
    assert findings("old-generation", generations(listens=listens)) == ()


def test_without_connections_it_does_no_harm() -> None:
    seen = generations()
    assert seen.processes is not None
    old, new = seen.processes
    assert findings("old-generation", replace(seen, processes=(replace(old, database_sockets=()), new))) == ()


@pytest.mark.parametrize(("told", "number"), [(2, 1), (3, 0)])
def test_more_addresses_than_replicas_are_an_older_generation(told: int, number: int) -> None:
    pods = [session(pid, client_addr=f"10.0.0.{pid}", backend_age_s=100.0 * (pid + 1)) for pid in range(3)]
    own = application(replicas=Number(value=told, source="--replicas"))
    found = findings("old-generation", snapshot(*pods, application=own, processes=()))
    assert [one.sessions for one in found] == [(2,)] * number


def test_without_a_number_of_replicas_none_is_too_many() -> None:
    pods = [session(pid, client_addr=f"10.0.0.{pid}") for pid in range(3)]
    own = application(replicas=Number(value=1, source="not told", assumed=True))
    assert findings("old-generation", snapshot(*pods, application=own, processes=())) == ()
