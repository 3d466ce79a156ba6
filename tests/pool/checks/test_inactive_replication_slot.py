"""inactive-replication-slot: WAL that is kept for nobody, and what may be done about it without harm."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence, Finding, NotRun, Severity
from forge_doctor.pool.snapshot import PoolSnapshot, Replication, ReplicationSlot
from tests.support.snapshots import findings, only, server, snapshot, told

GIB = 2**30
CHECK = "inactive-replication-slot"


def seen(keep_mb: int = -1, in_recovery: bool = False, **overrides: Any) -> PoolSnapshot:
    own = {"name": "standby_b", "kind": "physical", "active": False, "wal_status": "extended", "inactive_s": 900.0}
    slot = ReplicationSlot(**{**own, "held_bytes": 2 * GIB, **overrides})
    kept = Replication(max_slots=10, max_senders=10, senders=0, keep_mb=keep_mb, slots=(slot,))
    return snapshot(server=server(replication=kept, in_recovery=in_recovery))


def test_it_names_the_slot_the_wal_and_what_bounds_it() -> None:
    found = only(CHECK, seen())
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.HIGH)
    assert "physical replication slot standby_b for 15 min" in found.message
    assert "keeps 2.0 GiB" in found.message
    assert "disk is the only bound" in found.message


def test_its_consumer_comes_first_and_the_drop_asks_again() -> None:
    first, drop = only(CHECK, seen(name="it's")).remedy.splitlines()
    assert first.startswith("Start its standby")
    assert "slot_name = 'it''s' AND NOT active AND inactive_since < now() - interval '300 s';" in drop
    assert "only if that standby is gone for good" in drop


@pytest.mark.parametrize(
    "overrides",
    [
        {"held_bytes": GIB - 1},
        {"held_bytes": None},
        {"active": True},
        {"temporary": True},
        {"synced": True},
        {"inactive_s": 299.0},
    ],
)
def test_what_is_read_or_small_or_only_restarting_is_none(overrides: dict[str, Any]) -> None:
    assert findings(CHECK, seen(**overrides)) == ()


def test_ten_times_as_much_without_a_bound_is_an_error() -> None:
    assert only(CHECK, seen(held_bytes=10 * GIB)).severity is Severity.ERROR
    bounded = only(CHECK, seen(keep_mb=20480, held_bytes=10 * GIB, safe_bytes=3 * GIB))
    assert bounded.severity is Severity.WARNING
    assert "after 3.0 GiB more of WAL the server invalidates it" in bounded.message
    assert "after the next checkpoint" in only(CHECK, seen(keep_mb=1, safe_bytes=-5, wal_status="unreserved")).message


@pytest.mark.parametrize("overrides", [{"inactive_s": None}, {"in_recovery": True}])
def test_where_it_may_be_kept_on_purpose_it_is_less_sure(overrides: dict[str, Any]) -> None:
    found = only(CHECK, seen(**overrides))
    assert found.confidence is Confidence.MEDIUM
    assert ("inactive_since" in found.remedy) == (overrides.get("inactive_s", 1) is not None)


@pytest.mark.parametrize("lost", [{"wal_status": "lost"}, {"wal_status": "lost", "invalidated": "wal_removed"}])
def test_an_invalidated_slot_serves_nobody(lost: dict[str, Any]) -> None:
    found: Finding = only(CHECK, seen(kind="logical", database="shop", held_bytes=None, **lost))
    assert "logical replication slot standby_b of database shop has been invalidated" in found.message
    assert "AND NOT active AND wal_status = 'lost';" in found.remedy


def test_a_service_that_does_not_answer_is_said() -> None:
    (outcome,) = told(CHECK, snapshot(server=server(replication_unread="not supported")))
    assert isinstance(outcome, NotRun)
    assert "not supported" in outcome.reason
