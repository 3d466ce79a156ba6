"""bouncer-session-pinned: clients that do nothing keep the server's connections."""

import pytest

from forge_doctor.pool.snapshot import Bouncer, BouncerPool, PoolSnapshot
from tests.support.snapshots import findings, idle_in_transaction, only, session, snapshot


def pinned(mode: str = "session", waiting: int = 4, idle: int = 5, busy: int = 0) -> PoolSnapshot:
    pool = BouncerPool(
        database="shop",
        user="shop",
        clients_active=5,
        clients_waiting=waiting,
        servers_active=5,
        servers_idle=0,
        max_wait_s=9,
    )
    sessions = [session(pid) for pid in range(idle)] + [idle_in_transaction(50 + pid, 9.0) for pid in range(busy)]
    return snapshot(*sessions, bouncer=Bouncer(version="1.18.0", pool_mode=mode, default_pool_size=5, pools=(pool,)))


@pytest.mark.parametrize(("waiting", "number"), [(0, 0), (1, 1)])
def test_somebody_must_wait(waiting: int, number: int) -> None:
    assert len(findings("bouncer-session-pinned", pinned(waiting=waiting))) == number


@pytest.mark.parametrize(("idle", "busy", "number"), [(5, 0, 1), (3, 2, 1), (2, 3, 0)])
def test_half_of_them_do_nothing(idle: int, busy: int, number: int) -> None:
    seen = pinned(idle=idle, busy=busy)
    assert len(findings("bouncer-session-pinned", seen)) == number
    assert len(findings("bouncer-clients-waiting", seen)) == 1 - number


def test_it_names_the_mode_and_does_not_ask_for_shorter_transactions() -> None:
    found = only("bouncer-session-pinned", pinned())
    assert "pool_mode = session pins one for each client" in found.message
    assert "pool_mode = transaction" in found.remedy
    assert "horten" not in found.remedy


def test_by_transaction_nothing_is_pinned() -> None:
    assert findings("bouncer-session-pinned", pinned(mode="transaction")) == ()
