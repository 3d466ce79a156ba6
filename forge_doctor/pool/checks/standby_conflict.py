"""The server is a standby: it cancels statements that are in the way of recovery, and cannot write.

Why:
    A standby replays what the primary did. A statement that still needs a row version the primary has removed
    is cancelled after max_standby_streaming_delay ("canceling statement due to conflict with recovery"), or
    holds recovery up until then. Whoever writes gets "cannot execute ... in a read-only transaction".

Measures (statements):
    pg_is_in_recovery(), and pg_stat_database_conflicts of the examined database since the last reset. Info;
    a warning where recovery waits for a statement now (the startup process waits for a RecoveryConflict), or where
    workers of an application server run here.

Wrong when:
    The counters are old: they are told as what they are, and only a startup process that waits now is called a
    conflict of now.

Source:
    PostgreSQL documentation, "Handling Query Conflicts"; pg_stat_database_conflicts.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import DatabaseCounters
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.pool.wording import count

VIEW = "pg_stat_database_conflicts"
SETTINGS = ("max_standby_streaming_delay", "hot_standby_feedback")


@check(severity=Severity.INFO)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for a standby."""
    yield from unseen_server(situation)
    server = situation.server
    if server is None or not server.in_recovery:
        return
    counters = server.counters or DatabaseCounters()
    waits = _recovery_waits(situation)
    yield Finding(
        severity=Severity.WARNING if waits else Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"the server is a standby (read-only): {count(_conflicts(counters), 'statement')} of this database "
        f"{'was' if _conflicts(counters) == 1 else 'were'} cancelled for recovery since the last reset"
        f"{f', and recovery waits for a statement now ({waits})' if waits else ''}. Writes fail here.",
        location=situation.here,
        evidence=(
            Evidence(label="by removed rows", value=counters.conflicts_snapshot, unit="statements", source=VIEW),
            Evidence(label="by locks", value=counters.conflicts_lock, unit="statements", source=VIEW),
            Evidence(
                label="by pins and deadlocks",
                value=counters.conflicts_pin + counters.conflicts_deadlock,
                unit="statements",
                source=VIEW,
            ),
            *(
                Evidence(label=one.name, value=one.value, unit=one.unit, source=one.source)
                for one in server.settings
                if one.name in SETTINGS
            ),
        ),
        remedy="hot_standby_feedback = on   # the primary keeps what statements here still need, and bloats for it\n"
        "max_standby_streaming_delay = 5min   # recovery waits that long before it cancels"
        if waits or _conflicts(counters)
        else "",
    )


def _conflicts(counters: DatabaseCounters) -> int:
    return counters.conflicts_lock + counters.conflicts_snapshot + counters.conflicts_pin + counters.conflicts_deadlock


def _recovery_waits(situation: Situation) -> str:
    """The event the process that replays waits for, where it is a conflict."""
    events = [one.wait_event or "" for one in situation.snapshot.background if one.backend_type == "startup"]
    return next((event for event in events if event.startswith("RecoveryConflict")), "")
