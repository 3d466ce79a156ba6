"""Every row is committed by itself: each COMMIT waits for the disk.

Why:
    A commit writes the log to disk before it answers. A loop that commits each row waits for the disk a thousand times, where
    one transaction would wait once; and half of the rows stay when it breaks off.

Measures (calls, ratio):
    One writing statement changes one row a call, was called `calls` times or more, and there are about as many COMMITs as calls
    of it (within a quarter).

Wrong when:
    A request that writes one row and commits is just right, and its counts are the same: from the server's counts alone this
    is info, and says so. A log, which has each request's transactions one after the other, tells them apart.

Source:
    PostgreSQL documentation, 14.4.1 Disable Autocommit; 28.3 Write-Ahead Logging.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, quoted

WRITES = frozenset({"insert", "update", "delete"})
NEAR_LEAST, NEAR_MOST = 0.75, 1.25


@check(severity=Severity.WARNING, limits={"calls": 100})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement."""
    told = situation.statistics
    if told is None or not told.commits:
        return
    for statement in situation.statements:
        near = NEAR_LEAST <= statement.calls / told.commits <= NEAR_MOST
        if near and statement.verb in WRITES and statement.calls >= limits["calls"] and _one_row(statement):
            yield _counted(situation, statement, told.commits)


def _one_row(statement: Statement) -> bool:
    return 0.9 <= (statement.rows_per_call or 0.0) <= 1.1


def _counted(situation: Situation, statement: Statement, commits: int) -> Finding:
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} writes one row a call, and there are about as many commits as calls of it "
        f"({commits:,} and {statement.calls:,}): if a loop sends them, each row waits for the disk by itself.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="COMMIT", value=commits, unit="calls", source="pg_stat_statements"),
        ),
        remedy="one commit after the loop: async with session.begin(): around it; rows by insert(Model) with a list of them. "
        "Where each is a request of its own, leave it; forge-doctor slow --log FILE tells which it is",
    )
