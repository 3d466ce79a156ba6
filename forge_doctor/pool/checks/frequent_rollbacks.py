"""Many transactions end in a rollback.

Why:
    A rollback may be an error. It need not be: SQLAlchemy ends a session that only reads with
    ROLLBACK, so a service that mostly reads has many of them and is healthy.

Measures (ratio):
    xact_rollback / (xact_commit + xact_rollback) since the last reset, `ratio` or more of at least
    `transactions`. Always info, low confidence: the number alone can't tell errors from reads.

Wrong when:
    The service mostly reads: SQLAlchemy ends such sessions with ROLLBACK. The number alone cannot tell, hence info
    of low confidence.

Source:
    PostgreSQL documentation, pg_stat_database; seen in SQLAlchemy 2.1.9's echo log.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_server


@check(severity=Severity.INFO, limits={"ratio": 0.5, "transactions": 1000})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for the examined database."""
    yield from unseen_server(situation)
    counters = situation.server.counters if situation.server else None
    if counters is None:
        return
    transactions = counters.commits + counters.rollbacks
    if transactions < limits["transactions"] or counters.rollbacks < limits["ratio"] * transactions:
        return
    yield Finding(
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        message=f"{counters.rollbacks} of {transactions} transactions ({counters.rollbacks / transactions:.0%}) ended in a rollback. "
        "Sessions that only read end that way too; errors would show in the application's log.",
        location=situation.here,
        evidence=(
            Evidence(
                label="rollbacks", value=counters.rollbacks, unit="transactions", source="pg_stat_database, since reset"
            ),
            Evidence(
                label="commits", value=counters.commits, unit="transactions", source="pg_stat_database, since reset"
            ),
        ),
        remedy="grep -c 'ROLLBACK' with SQLAlchemy's echo on shows which requests they are.",
    )
