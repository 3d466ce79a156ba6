"""A statement is slow because it waits for another transaction's lock: no index helps.

Why:
    The time a statement waits for a row's lock counts as its own. It stands at the top of every list by time, EXPLAIN
    shows nothing, and run again it takes a tenth of a millisecond.

Measures (ms, times):
    In the server's log with log_lock_waits: waits of `ms` or more, and what is left without them is a tenth at most. In
    the samples: looks that saw it waiting for a lock, a third or more of those that saw it run. In the statistics: one
    execution took `times` as long as the fastest and a second or more, of a statement that changes or locks rows.

Wrong when:
    The plan is slow as well: then what is left without the wait is told, and other checks judge that. A checkpoint, a cold
    cache or a pause of the machine make one execution long, too: by minimum and maximum alone confidence is low, and it is
    told only where most of the time is that one's.

Source:
    PostgreSQL documentation, 13.3 Explicit Locking; 19.8 Error Reporting and Logging, log_lock_waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, milliseconds, quoted

LEFT_RATIO, WAITING_RATIO, FEWEST_WAITING = 0.1, 1 / 3, 3
LONG_MS = 1000.0
# So much of all its time is one execution's.
ONE_RATIO = 0.5
LOCKING = frozenset({"update", "delete", "insert"})


@check(severity=Severity.WARNING, limits={"ms": 100.0, "times": 100})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        finding = (
            _logged(situation, statement, limits)
            or _sampled(situation, statement)
            or _by_extremes(situation, statement, limits)
        )
        if finding is not None:
            yield finding


def _logged(situation: Situation, statement: Statement, limits: Limits) -> Finding | None:
    one = statement.logged
    if one is None or one.waited_ms < limits["ms"] or one.longest_own_ms > LEFT_RATIO * one.longest_ms:
        return None
    own = max(0.0, one.total_ms - one.waited_ms)
    return _finding(
        situation,
        statement,
        Confidence.HIGH,
        f"waits for locks: {milliseconds(one.waited_ms)} of the {milliseconds(one.total_ms)} in the log; its own work took "
        f"{milliseconds(own)}",
        Evidence(label="waited", value=round(one.waited_ms, 1), unit="ms", source="log_lock_waits"),
        Evidence(label="without the wait", value=round(own, 1), unit="ms", source="log"),
        Evidence(label="waits", value=one.waits, unit="executions", source="log"),
    )


def _sampled(situation: Situation, statement: Statement) -> Finding | None:
    seen = statement.sampled
    if seen is None or seen.waiting < FEWEST_WAITING or seen.waiting < WAITING_RATIO * seen.running:
        return None
    told = [Evidence(label="waiting for a lock", value=seen.waiting, unit=f"of {seen.running} looks", source="samples")]
    if situation.snapshot.show_query:
        told += [Evidence(label="waits for", value=one, source="samples") for one in seen.blockers[:3]]
    return _finding(
        situation,
        statement,
        Confidence.HIGH,
        f"waits for locks: {seen.waiting} of {seen.running} looks that saw it running",
        *told,
    )


def _by_extremes(situation: Situation, statement: Statement, limits: Limits) -> Finding | None:
    stats = statement.stats
    locks = statement.verb in LOCKING or "for update" in statement.shape.flags
    if stats is None or not locks or stats.max_ms < LONG_MS or stats.calls < 2:
        return None
    if stats.max_ms < limits["times"] * max(stats.min_ms, 0.01) or stats.max_ms < ONE_RATIO * stats.total_ms:
        return None
    return _finding(
        situation,
        statement,
        Confidence.LOW,
        f"took {milliseconds(stats.max_ms)} once and {milliseconds(stats.min_ms)} at best: a wait for a lock, most likely",
        Evidence(label="longest", value=round(stats.max_ms, 1), unit="ms", source="pg_stat_statements"),
        Evidence(label="shortest", value=round(stats.min_ms, 2), unit="ms", source="pg_stat_statements"),
    )


def _finding(situation: Situation, statement: Statement, confidence: Confidence, what: str, *told: Evidence) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        confidence=confidence,
        message=f"{quoted(situation, statement)} {what}. Its plan is not what takes the time.",
        location=location(situation, statement),
        evidence=(*told, *facts(situation, statement)),
        remedy="shorten the transaction that holds the lock: commit right behind the write, no call to elsewhere while it is open.\n"
        "forge-doctor pool --dsn URL   # while it waits: who holds the lock, since when, from which line",
    )
