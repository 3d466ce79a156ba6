"""Transactions of this database run into deadlocks.

Why:
    PostgreSQL ends one of the two after deadlock_timeout (1 s): a request fails, and both held their
    connections until then. Two code paths lock the same rows in different order.

Measures (deadlocks):
    pg_stat_database.deadlocks since the last reset of the statistics. Info from the first on,
    warning from `per_hour` on.

Wrong when:
    They were long ago: the counter runs since the last reset of the statistics, which is told with it.

Source:
    PostgreSQL documentation, pg_stat_database, "Deadlocks".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server
from forge_doctor.pool.wording import count, duration


@check(severity=Severity.INFO, limits={"per_hour": 1})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the examined database."""
    yield from unseen_server(situation)
    counters = situation.server.counters if situation.server else None
    if counters is None or counters.deadlocks == 0:
        return
    age = counters.reset_age_s
    often = age is not None and counters.deadlocks / max(age / 3600, 1) >= limits["per_hour"]
    since = f"in {duration(age)}" if age is not None else "since the database was created"
    yield Finding(
        severity=Severity.WARNING if often else Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"{count(counters.deadlocks, 'deadlock')} {since}: each failed one request after holding two connections for "
        "deadlock_timeout.",
        location=situation.here,
        evidence=(
            Evidence(
                label="deadlocks", value=counters.deadlocks, unit="deadlocks", source="pg_stat_database, since reset"
            ),
        ),
        remedy="Lock rows in one order everywhere: SELECT ... ORDER BY id FOR UPDATE. The server's log names both statements.",
    )
