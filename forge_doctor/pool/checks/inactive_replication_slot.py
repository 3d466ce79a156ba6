"""A replication slot without its consumer keeps the server's WAL until the disk is full.

Why:
    A slot promises WAL to a standby, a subscription or a change reader. While nobody reads, everything written since
    stays in pg_wal; a full disk stops the server and with it every connection. A logical slot also keeps
    vacuum from cleaning the catalogs.

Measures (bytes, s):
    WAL kept for slots that nobody reads, from `held_bytes` on (1 GiB); where the server says since when (17+), only
    after `inactive_s`. Error from ten times that on where max_slot_wal_keep_size sets no bound. A slot that the server
    has invalidated holds nothing any more: a warning, since its consumer cannot go on.

Wrong when:
    The consumer is only restarting, or a cluster manager keeps slots for members that come back. Looked at: since when
    it is inactive (before 17 not known: medium confidence), whether the slot is a standby's copy of its primary's (left
    out), and how much is kept: a slot that is moved on by others keeps little. To drop a slot breaks the standby that is merely
    down, so that is named last, and only for one that is gone for good.

Source:
    PostgreSQL documentation, "Replication Slots" (caution on pg_wal), pg_replication_slots, max_slot_wal_keep_size.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Replication, ReplicationSlot
from forge_doctor.pool.visibility import unseen_replication
from forge_doctor.pool.wording import duration, size
from forge_doctor.sql.quoting import quote_literal

GRAVE = 10


@check(severity=Severity.WARNING, limits={"held_bytes": 2**30, "inactive_s": 300})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each slot."""
    yield from unseen_replication(situation)
    replication = situation.server.replication if situation.server else None
    for slot in replication.slots if replication else ():
        if replication is None or slot.active or slot.temporary or slot.synced:
            continue
        if _is_lost(slot):
            yield _lost(situation, slot)
        elif (slot.held_bytes or 0) >= limits["held_bytes"] and _is_left(slot, limits["inactive_s"]):
            yield _holding(situation, replication, slot, limits)


def _is_lost(slot: ReplicationSlot) -> bool:
    return slot.wal_status == "lost" or bool(slot.invalidated)


def _is_left(slot: ReplicationSlot, inactive_s: float) -> bool:
    return slot.inactive_s is None or slot.inactive_s >= inactive_s


def _holding(situation: Situation, replication: Replication, slot: ReplicationSlot, limits: Limits) -> Finding:
    held = slot.held_bytes or 0
    bound = "the disk is the only bound (max_slot_wal_keep_size is -1)"
    if replication.keep_mb >= 0:
        left = "the next checkpoint" if (slot.safe_bytes or 0) <= 0 else f"{size(slot.safe_bytes or 0)} more of WAL"
        bound = f"after {left} the server invalidates it (max_slot_wal_keep_size)"
    grave = replication.keep_mb < 0 and held >= GRAVE * limits["held_bytes"]
    since = "" if slot.inactive_s is None else f" for {duration(slot.inactive_s)}"
    sure = slot.inactive_s is not None and not (situation.server and situation.server.in_recovery)
    return Finding(
        severity=Severity.ERROR if grave else Severity.WARNING,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=f"nobody has read from {_named(slot)}{since}: the server keeps {size(held)} of WAL for it, and {bound}.",
        location=situation.here,
        evidence=(
            Evidence(label="kept WAL", value=held, unit="bytes", source="current WAL position - restart_lsn"),
            Evidence(label="wal_status", value=slot.wal_status, source="pg_replication_slots"),
        ),
        remedy=_consumer(slot) + "\n" + _drop(slot, limits["inactive_s"]),
    )


def _lost(situation: Situation, slot: ReplicationSlot) -> Finding:
    why = f" ({slot.invalidated})" if slot.invalidated else ""
    rest = "its standby must be built anew" if slot.kind == "physical" else "its reader must begin with a new copy"
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{_named(slot)} has been invalidated{why}: the WAL its consumer needs is gone, {rest}.",
        location=situation.here,
        evidence=(Evidence(label="wal_status", value=slot.wal_status, source="pg_replication_slots"),),
        remedy=f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {quote_literal(slot.name)} "
        "AND NOT active AND wal_status = 'lost';   -- it serves nobody any more",
    )


def _named(slot: ReplicationSlot) -> str:
    return f"{slot.kind} replication slot {slot.name}" + (f" of database {slot.database}" if slot.database else "")


def _consumer(slot: ReplicationSlot) -> str:
    if slot.kind == "physical":
        return "Start its standby (or pg_receivewal) again: it reads what is kept, and the WAL goes."
    return "Start its consumer (a subscription, a change reader) again: it reads what is kept, and the WAL goes."


def _drop(slot: ReplicationSlot, inactive_s: float) -> str:
    since = "" if slot.inactive_s is None else f" AND inactive_since < now() - interval '{inactive_s:g} s'"
    what = "standby" if slot.kind == "physical" else "consumer"
    return (
        f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {quote_literal(slot.name)} "
        f"AND NOT active{since};   -- only if that {what} is gone for good: one that is merely down could not go on"
    )
