"""bouncer-clients-waiting: the queue PostgreSQL knows nothing of."""

import pytest

from forge_doctor.finding import NotRun, Severity
from forge_doctor.pool.snapshot import Bouncer, BouncerPool
from tests.support.snapshots import findings, snapshot, told


def waiting(clients: int, wait_s: float) -> object:
    pool = BouncerPool(
        database="shop",
        user="shop",
        clients_active=2,
        clients_waiting=clients,
        servers_active=2,
        servers_idle=0,
        max_wait_s=wait_s,
    )
    return snapshot(bouncer=Bouncer(pools=(pool,)))


@pytest.mark.parametrize(
    ("clients", "wait_s", "severity"), [(0, 0.0, None), (1, 1.9, Severity.WARNING), (1, 2.0, Severity.ERROR)]
)
def test_the_thresholds(clients: int, wait_s: float, severity: Severity | None) -> None:
    found = findings("bouncer-clients-waiting", waiting(clients, wait_s))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_a_console_that_could_not_be_read_is_said() -> None:
    outcome = told("bouncer-clients-waiting", snapshot(bouncer=Bouncer(why_not="not allowed")))
    assert [type(one) for one in outcome] == [NotRun]
    assert "not allowed" in outcome[0].reason


def test_without_a_pgbouncer_there_is_nothing_to_say() -> None:
    assert told("bouncer-clients-waiting", snapshot()) == ()
