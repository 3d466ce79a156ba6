"""replication-slots-used-up: the two limits of those that copy the server."""

from __future__ import annotations

from typing import Any

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import PoolSnapshot, Replication, ReplicationSlot
from tests.support.snapshots import findings, only, server, snapshot

CHECK = "replication-slots-used-up"


def seen(*active: bool, **overrides: Any) -> PoolSnapshot:
    slots = tuple(ReplicationSlot(name=f"s{at}", kind="physical", active=one) for at, one in enumerate(active))
    own = {"max_slots": 3, "max_senders": 5, "senders": 2, "keep_mb": -1, **overrides}
    return snapshot(server=server(replication=Replication(slots=slots, **own)))


def test_below_the_limits_there_is_none() -> None:
    assert findings(CHECK, seen(True, False)) == ()
    assert findings(CHECK, seen(max_slots=0, max_senders=0, senders=0)) == ()


def test_slots_without_a_reader_are_named() -> None:
    found = only(CHECK, seen(True, False, False))
    assert found.severity is Severity.WARNING
    assert "all 3 replication slots are taken" in found.message
    assert "2 of them have no reader: s1, s2." in found.message


def test_slots_that_are_all_read_may_be_meant() -> None:
    assert only(CHECK, seen(True, True, True)).severity is Severity.INFO


def test_senders_used_up() -> None:
    found = only(CHECK, seen(True, senders=5))
    assert "all 5 WAL senders are taken (max_wal_senders)" in found.message
