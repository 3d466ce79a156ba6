"""bouncer-clients-waiting: the queue PostgreSQL knows nothing of."""

from dataclasses import replace

import pytest

from forge_doctor.finding import NotRun, Severity
from forge_doctor.pool.snapshot import Bouncer, BouncerPool, PoolSnapshot
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import findings, idle_in_transaction, only, session, snapshot, told, worker


def waiting(clients: int, wait_s: float) -> PoolSnapshot:
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


def test_it_is_told_about_the_connections_they_wait_for() -> None:
    """So that what holds these takes it in as its evidence."""
    mine = [idle_in_transaction(pid, 9.0) for pid in (1, 2)]
    others = [session(3, database="other")]
    pooler = worker(50, *mine, *others, role=Role.OTHER, name="pgbouncer")
    seen = replace(waiting(2, 3.0), sessions=(*mine, *others), processes=(pooler,))
    assert only("bouncer-clients-waiting", seen).sessions == (1, 2)
