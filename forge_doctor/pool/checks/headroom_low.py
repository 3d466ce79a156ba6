"""Few connection slots are left.

Why:
    A burst, a deployment or one more worker takes the rest, and then every new connection is
    refused with SQLSTATE 53300.

Measures (connections):
    Sessions of clients (never background processes) against max_connections minus
    superuser_reserved_connections and reserved_connections. Warning from `used_ratio` on, critical
    where no more than the larger of `free_connections` and `free_ratio` of the slots are free.

Wrong when:
    Sessions are counted that take no slot: walsenders and background processes are left out, and the limits of
    role and database are not mixed in (see connection-limit-low).

Source:
    PostgreSQL documentation, "Connections and Authentication"; 80 % as pgmonitor's and pgEdge's
    alarms, 95 % as check_postgres.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.capacity import usable_slots
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.pool.wording import held_by

SMALLER = (
    "Keep fewer: pool_size=... in each worker; asyncpg.create_pool(min_size=1, max_size=...), "
    "which opens 10 at once unless told.\n"
)


@check(severity=Severity.WARNING, limits={"used_ratio": 0.8, "free_connections": 3, "free_ratio": 0.05})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """How many of the server's slots are free; `no-slot-left` speaks where none is."""
    yield from unseen_server(situation)
    if situation.server is None:
        return
    usable = usable_slots(situation.server)
    used = len(situation.sessions)
    free = usable.slots - used
    if free <= 0 or used < limits["used_ratio"] * usable.slots:
        return
    critical = free <= max(limits["free_connections"], limits["free_ratio"] * usable.slots)
    holders = held_by(situation.holder_of(session) for session in situation.sessions)
    idle = sum(one.state == "idle" for one in situation.sessions)
    asleep = idle * 2 >= used
    lie = f" {idle} of them lie idle." if asleep else ""
    yield Finding(
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{used} of {usable.slots} usable connection slots are taken, {free} are free: {holders}.{lie} "
        "The next burst or deployment is refused.",
        location=situation.here,
        evidence=(
            Evidence(label="sessions", value=used, unit="connections", source="pg_stat_activity, client backends"),
            Evidence(label="idle", value=idle, unit="connections", source="pg_stat_activity"),
            Evidence(label="usable slots", value=usable.slots, unit="connections", source=usable.source),
        ),
        remedy=(SMALLER if asleep else "")
        + "Let go of what the findings on holders name; then size the pools as the sizing table says, "
        "rather than raise max_connections.",
    )
