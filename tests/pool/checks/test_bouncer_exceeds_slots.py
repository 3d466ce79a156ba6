"""bouncer-exceeds-slots: default_pool_size counts for each pair of database and user."""

import pytest

from forge_doctor.pool.snapshot import Bouncer, BouncerPool
from tests.support.snapshots import findings, snapshot


@pytest.mark.parametrize(("users", "number"), [(2, 0), (3, 1)])
def test_twenty_a_pair_against_47_slots(users: int, number: int) -> None:
    pools = tuple(
        BouncerPool(
            database="shop",
            user=f"u{n}",
            clients_active=0,
            clients_waiting=0,
            servers_active=0,
            servers_idle=0,
            max_wait_s=0,
        )
        for n in range(users)
    )
    found = findings("bouncer-exceeds-slots", snapshot(bouncer=Bouncer(default_pool_size=20, pools=pools)))
    assert len(found) == number
    assert all("default_pool_size = 15 " in one.remedy for one in found)
