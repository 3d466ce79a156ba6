"""A loop commits after each row: every commit waits for the disk.

Why:
    COMMIT returns when the log is on disk; a hundred rows with a commit each wait a hundred times, and a failure in the
    midst leaves half of them. One commit at the end waits once.

Measures (commits):
    In the engine's log: `commits` or more transactions of one request, one after the other, that each send the same one
    writing statement once and commit. In pg_stat_statements: nearly as many COMMITs as calls of one writing statement that
    changes a row a call, `calls` or more.

Wrong when:
    Each is a request of its own: requests are told apart by a field of the records, by the access lines between them, or
    by how many there are; where nothing tells them apart confidence is low. The server's numbers can't tell a loop from as
    many requests: info with low confidence, to be looked at with a log. A job has to keep each row, whatever comes
    after: then a savepoint does not help, and the commits are meant.

Source:
    PostgreSQL documentation, 14.4.1 Disable Autocommit; 28.3 Write-Ahead Logging, synchronous_commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.logged.work import CommitSeries
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, quoted
from forge_doctor.sql.relations import singular

MANY = 50
# Of the COMMITs of the server nearly all are its own.
NEARLY = 0.8
WRITES = frozenset({"insert", "update", "delete"})
REMEDY = (
    "commit once, behind the loop: session.add_all(objects); await session.commit(). What may fail row by row goes into "
    "async with session.begin_nested()"
)


@check(severity=Severity.WARNING, limits={"commits": 5, "calls": 50})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each writing statement."""
    told = set()
    for one in situation.logged.series if situation.logged else ():
        statement = situation.statement_named(one.key)
        if statement is not None and one.usual >= limits["commits"] and statement.key not in told:
            told.add(statement.key)
            yield _logged(situation, statement, one)
    if situation.logged is None or not situation.logged.engine:
        yield from _by_numbers(situation, limits)


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
        remedy=REMEDY,
    )


def _by_numbers(situation: Situation, limits: Limits) -> Iterator[Finding]:
    commits = situation.statistics.commits if situation.statistics else None
    if not commits or commits < limits["calls"]:
        return
    writes = [one for one in situation.statements if one.stats is not None and one.verb in WRITES]
    alone = [one for one in writes if _is_each(one, commits, limits)]
    if len(alone) == 1:
        yield _numbered(situation, alone[0], commits)


def _is_each(one: Statement, commits: int, limits: Limits) -> bool:
    per_call = one.rows_per_call or 0.0
    return one.calls >= limits["calls"] and NEARLY * commits <= one.calls <= commits / NEARLY and 0.9 <= per_call <= 1.1


def _numbered(situation: Situation, statement: Statement, commits: int) -> Finding:
    row = singular(statement.shape.tables[0]) if statement.shape.tables else "row"
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        message=f"{commits:,} COMMITs for {statement.calls:,} calls of {quoted(situation, statement)}: each {row} has a "
        "transaction of its own. Whether a loop commits or as many requests do, the server can't tell.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="COMMIT", value=commits, unit="calls", source="pg_stat_statements"),
        ),
        remedy=f"{REMEDY}\nforge-doctor slow --log FILE   # an engine log tells a loop from requests",
    )
