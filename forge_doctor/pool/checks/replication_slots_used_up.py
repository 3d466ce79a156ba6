"""No replication slot, or no WAL sender, is left for another standby or reader.

Why:
    A new standby, backup or subscription is refused ("all replication slots are in use", "number of requested standby
    connections exceeds max_wal_senders"), and a reader that comes back too fast after a break finds its old sender in its place.
    Both limits are the server's own, beside max_connections, and change only with a restart.

Measures (slots, processes):
    Rows of pg_replication_slots against max_replication_slots, of pg_stat_replication against max_wal_senders. Warning where
    senders are used up, or some of the slots have no reader; info where every slot is being read: it may be meant.

Wrong when:
    Nothing more is meant to connect. Looked at: whether each slot is read; a limit of 0 switches replication off and
    does not count.

Source:
    PostgreSQL documentation, "Replication", max_replication_slots and max_wal_senders; slot.c and walsender.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Replication
from forge_doctor.pool.visibility import unseen_replication


@check(severity=Severity.WARNING)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each of the two limits."""
    yield from unseen_replication(situation)
    replication = situation.server.replication if situation.server else None
    if replication is None:
        return
    if 0 < replication.max_slots <= len(replication.slots):
        yield _slots(situation, replication)
    if 0 < replication.max_senders <= replication.senders:
        yield _finding(
            situation, "max_wal_senders", replication.max_senders, "WAL senders", Severity.WARNING,
            "the next standby, backup or change reader is refused, and one whose connection broke until its old sender ends.",
            "Raise max_wal_senders (a restart); see pg_stat_replication for who they are.",
        )  # fmt: skip


def _slots(situation: Situation, replication: Replication) -> Finding:
    unread = [one.name for one in replication.slots if not one.active and not one.synced]
    whose = f" {len(unread)} of them have no reader: {', '.join(unread[:4])}." if unread else " Each is being read."
    return _finding(
        situation, "max_replication_slots", len(replication.slots), "replication slots",
        Severity.WARNING if unread else Severity.INFO, f"another standby or subscription is refused.{whose}",
        "Raise max_replication_slots (a restart)"
        + ("; or drop one whose consumer is gone for good (see explain inactive-replication-slot)." if unread else "."),
    )  # fmt: skip


def _finding(
    situation: Situation, setting: str, taken: int, what: str, severity: Severity, consequence: str, remedy: str
) -> Finding:
    return Finding(
        severity=severity,
        confidence=Confidence.HIGH,
        message=f"all {taken} {what} are taken ({setting}): {consequence}",
        location=situation.here,
        evidence=(Evidence(label=what, value=taken, source=f"against {setting}"),),
        remedy=remedy,
    )
