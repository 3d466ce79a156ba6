"""pool-exceeds-slots: workers x (pool_size + max_overflow) x replicas against what is free for them."""

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Bouncer, Number
from tests.support.snapshots import application, findings, only, server, session, snapshot, told, worker


def workers(number: int) -> Number:
    return Number(value=number, source="--workers")


@pytest.mark.parametrize(("number", "severity"), [(4, None), (5, Severity.ERROR)])
def test_ten_a_worker_against_47_slots(number: int, severity: Severity | None) -> None:
    found = findings("pool-exceeds-slots", snapshot(application=application(workers=workers(number))))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_exactly_as_many_as_there_are_is_no_fault() -> None:
    seen = snapshot(application=application(workers=workers(4)), server=server(max_connections=43))
    assert findings("pool-exceeds-slots", seen) == ()


def test_the_sessions_of_others_take_their_share() -> None:
    others = [session(pid, user="cron", client_port=-1, client_addr=None) for pid in range(8)]
    seen = snapshot(*others, application=application(workers=workers(4)))
    assert "47 usable slots, of which 8 are in use by others: 1 too many" in only("pool-exceeds-slots", seen).message


def test_the_advice_is_the_documented_arithmetic() -> None:
    own = application(
        workers=workers(4), pool_size=Number(value=10, source="--pool-size"), max_overflow=Number(value=10, source="x")
    )
    others = [session(pid, user="cron", client_port=-1, client_addr=None) for pid in range(2)]
    assert "pool_size=5, max_overflow=5" in only("pool-exceeds-slots", snapshot(*others, application=own)).remedy


def test_a_roles_limit_is_not_taken_up_by_the_sessions_of_other_roles() -> None:
    others = [session(pid, user="cron", client_port=-1, client_addr=None) for pid in range(8)]
    seen = snapshot(*others, session(90), server=server(role_limits={"shop": 20}))
    assert findings("pool-exceeds-slots", seen) == ()


def test_replicas_multiply_and_a_deployment_adds_a_quarter() -> None:
    own = application(workers=workers(2), replicas=Number(value=2, source="--replicas"))
    found = only("pool-exceeds-slots", snapshot(application=own))
    assert found.severity is Severity.WARNING
    assert "50 connections during a deployment" in found.message


def test_an_unlimited_pool_is_a_warning() -> None:
    own = application(max_overflow=Number(value=-1, source="--max-overflow"))
    assert "unlimited" in only("pool-exceeds-slots", snapshot(application=own)).message


def test_assumed_defaults_lower_the_confidence() -> None:
    own = application(workers=workers(5), pool_size=Number(value=5, source="SQLAlchemy's default", assumed=True))
    found = only("pool-exceeds-slots", snapshot(application=own))
    assert (found.severity, found.confidence) == (Severity.INFO, Confidence.MEDIUM)


def test_another_librarys_pool_has_no_overflow_to_count() -> None:
    django = worker(7, libraries=("psycopg",))
    seen = snapshot(application=application(workers=workers(9)), processes=(django,))
    assert findings("pool-exceeds-slots", seen) == ()


def test_an_unknown_number_of_workers_is_never_guessed() -> None:
    assert told("pool-exceeds-slots", snapshot(application=application(workers=None))) == ()


def test_behind_a_pgbouncer_its_own_check_does_the_arithmetic() -> None:
    seen = snapshot(application=application(workers=workers(50)), bouncer=Bouncer(pools=()))
    assert findings("pool-exceeds-slots", seen) == ()
