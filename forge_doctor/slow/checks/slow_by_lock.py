"""A statement with a perfect plan is slow because it waits for a row that another transaction holds.

Why:
    Waiting for a lock counts as the statement's time. No index helps: the transaction that holds the row has to end
    sooner. The more requests want the row, the longer the last of them waits.

Measures (times, ms, ratio):
    The samples found it waiting for a lock in `waiting_ratio` of the looks at which it ran, and three at least; or,
    by the
    server's counts, an UPDATE, DELETE or SELECT ... FOR UPDATE that touches few blocks took `longest_ms` or more
    once, and
    `longest_times` as long as its fastest. In the server's log with log_lock_waits: a tenth of
    its time at most is left without the waits.

Wrong when:
    A single slow execution has other reasons: a cold cache, a stalled disk, a checkpoint. So counts alone give medium
    confidence, and only where most of its time is that one execution's and it touches few blocks.

Source:
    PostgreSQL documentation, 13.3.2 Row-Level Locks; 28.2.3 pg_stat_activity, wait_event_type Lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.slow.logged.work import LoggedStatement
from forge_doctor.slow.server.work import SampledStatement, StatementStats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

FEWEST_LOOKS = 3
FEW_BLOCKS = 100
# Of the time in a log so much may be left without the waits.
LEFT_RATIO, LEAST_LOGGED_MS = 0.1, 100.0
REMEDY = (
    "shorten the transaction that holds the row: no call to elsewhere and no work between its first change and its commit; "
    "change rows in one order everywhere; for a counter that all want, insert a row for each change and sum them, or "
    "SELECT ... FOR UPDATE SKIP LOCKED for a queue. forge-doctor pool shows who holds it now"
)


@check(severity=Severity.WARNING, limits={"waiting_ratio": 0.5, "longest_ms": 500.0, "longest_times": 100})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement."""
    for statement in situation.statements:
        sampled, stats = statement.sampled, statement.stats
        if statement.logged and _is_wait(statement.logged):
            yield _logged(situation, statement, statement.logged)
        elif sampled and sampled.waiting >= max(FEWEST_LOOKS, limits["waiting_ratio"] * sampled.running):
            yield _waited(situation, statement, sampled)
        elif stats and _locks(statement) and _once_long(stats, statement, limits):
            yield _counted(situation, statement, stats)


def _is_wait(logged: LoggedStatement) -> bool:
    """Whether what is left without the waits is a tenth at most."""
    return logged.waited_ms >= LEAST_LOGGED_MS and logged.longest_own_ms <= LEFT_RATIO * logged.longest_ms


def _logged(situation: Situation, statement: Statement, logged: LoggedStatement) -> Finding:
    own = max(0.0, logged.total_ms - logged.waited_ms)
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{quoted(situation, statement)} waits for locks: {milliseconds(logged.waited_ms)} of the "
        f"{milliseconds(logged.total_ms)} in the log; its own work took {milliseconds(own)}, and its plan has no part in it.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="waited", value=round(logged.waited_ms, 1), unit="ms", source="log_lock_waits"),
            Evidence(label="without the wait", value=round(own, 1), unit="ms", source="log"),
        ),
        remedy=REMEDY,
    )


def _locks(statement: Statement) -> bool:
    return statement.verb in ("update", "delete") or "for update" in statement.shape.flags


def _once_long(stats: StatementStats, statement: Statement, limits: Limits) -> bool:
    fast = max(stats.min_ms, 0.01)
    few = (statement.blocks_per_call or 0.0) <= FEW_BLOCKS
    mostly = stats.max_ms >= 0.5 * stats.total_ms
    return few and mostly and stats.max_ms >= limits["longest_ms"] and stats.max_ms >= limits["longest_times"] * fast


def _waited(situation: Situation, statement: Statement, sampled: SampledStatement) -> Finding:
    named = ", ".join(f"`{one[:120]}`" for one in sampled.blockers)
    by = f" It waits for {named}." if named and situation.snapshot.show_query else ""
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{quoted(situation, statement)} waits for a lock in {sampled.waiting} of {sampled.running} looks at which it "
        f"ran, for {sampled.longest_wait_s:.1f} s and more: its plan has no part in it.{by}",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(
                label="waiting for a lock",
                value=sampled.waiting,
                unit="looks",
                source="pg_stat_activity, wait_event_type",
            ),
            Evidence(label="longest seen", value=sampled.longest_wait_s, unit="s", source="now - query_start"),
            *(
                Evidence(label="last statement of what it waits for", value=one, source="pg_blocking_pids()")
                for one in sampled.blockers
            ),
        ),
        remedy=REMEDY,
    )


def _counted(situation: Situation, statement: Statement, stats: StatementStats) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} took {milliseconds(stats.max_ms)} once and {milliseconds(stats.min_ms)} at its "
        f"fastest, for {statement.blocks_per_call or 0:,.0f} blocks: so much is not its plan's, it waited for a lock.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="longest", value=round(stats.max_ms, 1), unit="ms", source="max_exec_time"),
            Evidence(label="fastest", value=round(stats.min_ms, 3), unit="ms", source="min_exec_time"),
        ),
        remedy=REMEDY,
    )
