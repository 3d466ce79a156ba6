"""Every row is committed by itself: each COMMIT waits for the disk.

Why:
    A commit writes the log to disk before it answers. A loop that commits each row waits for the disk a thousand
    times, where
    one transaction would wait once; and half of the rows stay when it breaks off.

Measures (calls, ratio):
    One writing statement changes one row a call, was called `calls` times or more, and there are about as many
    COMMITs as calls
    of it (within a quarter).
    In the engine's log: `commits` or more transactions of one request, one after the other, that each send the same
    one writing
    statement once and commit.

Wrong when:
    A request that writes one row and commits is just right, and its counts are the same: from the server's counts
    alone this
    is info, and says so. A log, which has each request's transactions one after the other, tells them apart: by a
    field of the records, by the access lines between requests or by how many there are; by nothing, and confidence is
    low.

Source:
    PostgreSQL documentation, 14.4.1 Disable Autocommit; 28.3 Write-Ahead Logging.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.slow.logged.work import CommitSeries
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, quoted

WRITES = frozenset({"insert", "update", "delete"})
NEAR_LEAST, NEAR_MOST = 0.75, 1.25
MANY = 50
REMEDY_LOGGED = (
    "commit once, behind the loop: session.add_all(objects); await session.commit(). What may fail row by row goes into "
    "async with session.begin_nested()"
)


@check(severity=Severity.WARNING, limits={"calls": 100, "commits": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement."""
    logged = set()
    for one in situation.logged.series if situation.logged else ():
        known = situation.statement_named(one.key)
        if known is not None and one.usual >= limits["commits"] and known.key not in logged:
            logged.add(known.key)
            yield _logged(situation, known, one)
    commits = situation.commits
    if not commits or (situation.logged is not None and situation.logged.engine):
        return
    for statement in situation.statements:
        near = NEAR_LEAST <= statement.calls / commits <= NEAR_MOST
        if near and statement.verb in WRITES and statement.calls >= limits["calls"] and _one_row(statement):
            yield _counted(situation, statement, commits)


def _logged(situation: Situation, statement: Statement, one: CommitSeries) -> Finding:
    route = f" ({one.routes[0]})" if one.routes else ""
    sure = {"": Confidence.LOW, "the number of access lines": Confidence.MEDIUM}
    apart = one.bounded or "nothing: they may be requests of their own"
    return Finding(
        severity=Severity.ERROR if one.usual >= MANY else Severity.WARNING,
        confidence=sure.get(one.bounded, Confidence.HIGH),
        message=f"{quoted(situation, statement)} is committed row by row: {one.usual} times in "
        f"{'one request' if one.requests == 1 else f'each of {one.requests} requests'}{route}, and each COMMIT waits for the disk.",
        location=location(situation, statement),
        evidence=(
            Evidence(label="commits", value=one.usual, unit="a request", source="log"),
            Evidence(label="requests", value=one.requests, unit="requests", source="log"),
            Evidence(label="requests told apart by", value=apart, source="log"),
            *facts(situation, statement),
        ),
        remedy=REMEDY_LOGGED,
    )


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
