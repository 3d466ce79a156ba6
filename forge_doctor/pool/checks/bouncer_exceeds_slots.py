"""pgbouncer may open more server connections than there are slots.

Why:
    default_pool_size counts for each pair of database and user, not in all. With enough pairs
    pgbouncer itself exhausts the server, and its clients see "server login failed".

Measures (connections):
    default_pool_size times the (database, user) pairs of SHOW POOLS, plus sessions of others, against
    the usable slots.

Wrong when:
    Not every pair of database and role it may open is used: only those SHOW POOLS lists are counted.

Source:
    pgbouncer documentation, default_pool_size, max_db_connections.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_bouncer


@check(severity=Severity.WARNING)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the pgbouncer in between."""
    yield from unseen_bouncer(situation)
    bouncer, usable = situation.snapshot.bouncer, situation.usable
    if bouncer is None or bouncer.pools is None or bouncer.default_pool_size is None or usable is None:
        return
    pairs = {(pool.database, pool.user) for pool in bouncer.pools if pool.database != "pgbouncer"}
    most = bouncer.default_pool_size * len(pairs)
    if most <= usable.slots:
        return
    yield Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"pgbouncer may open {most} connections ({bouncer.default_pool_size} for each of {len(pairs)} pairs of database and user), "
        f"against {usable.slots} usable slots: {most - usable.slots} too many.",
        location=situation.here,
        evidence=(
            Evidence(
                label="default_pool_size",
                value=bouncer.default_pool_size,
                unit="connections",
                source="pgbouncer SHOW CONFIG",
            ),
            Evidence(label="pairs", value=len(pairs), unit="pools", source="pgbouncer SHOW POOLS"),
            Evidence(label="usable slots", value=usable.slots, unit="connections", source=usable.source),
        ),
        remedy=f"default_pool_size = {max(1, usable.slots // len(pairs))}   # in pgbouncer.ini; or max_db_connections for a limit in all",
    )
