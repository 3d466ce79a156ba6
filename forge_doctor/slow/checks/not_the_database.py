"""Connections are taken and hardly a statement runs: the time goes into the application.

Why:
    A transaction that is open while nothing runs in it waits for its application: for the next of many round trips, for
    Python that makes objects of rows, for an event loop that is blocked, for a call to another service. No index helps.

Measures (ratio, sessions):
    Of the time that transactions are open, `active_ratio` or less is spent running statements (pg_stat_database, between
    the two looks; the samples before 14), while `sessions` or more are in a transaction on the mean. What takes the time
    is then asked in this order: many statements a transaction (round trips), thousands of rows a call (Python), sessions
    that send hardly anything (held while something else is done: a blocked loop, a call to elsewhere).

Wrong when:
    It is the ordinary state of a service that is not slow: between two statements the application works. So it is info,
    and more only where sessions keep their transaction open and send nothing. executemany is not accounted as active time: where
    the samples see sessions active, nothing is told. From the server nobody can tell a blocked loop from a wait for elsewhere:
    `forge-doctor pool` looks into the workers.

Source:
    PostgreSQL documentation, 28.2.17 pg_stat_database: active_time, idle_in_transaction_time.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Severity
from forge_doctor.slow.server.work import Samples
from forge_doctor.slow.situation import Situation

# Statements a transaction from which on round trips are what it waits for.
MANY_STATEMENTS, MANY_ROWS = 10.0, 1000.0
# Of looks at a session in a transaction so few find a new statement where the application does something else.
STILL_RATIO = 0.25
# Samples in which sessions are seen active contradict what the server accounts.
SEEN_ACTIVE_RATIO = 0.3
FEWEST_LOOKS = 20


@check(severity=Severity.INFO, limits={"active_ratio": 0.15, "sessions": 0.5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """At most one finding."""
    server = situation.server
    samples = server.samples if server else None
    if server is None or samples is None:
        return
    if samples.idle_in_transaction < limits["sessions"] or samples.looks < FEWEST_LOOKS:
        return
    seen = samples.active / (samples.active + samples.idle_in_transaction)
    ratio = _accounted(situation)
    if seen >= SEEN_ACTIVE_RATIO or (seen if ratio is None else ratio) > limits["active_ratio"]:
        return
    yield _finding(situation, samples, seen if ratio is None else ratio)


def _accounted(situation: Situation) -> float | None:
    """The share of running statements in the time of transactions, by the server's own account."""
    delta = situation.server.delta if situation.server else None
    if delta is None or delta.active_s is None or delta.idle_in_transaction_s is None:
        return None
    whole = delta.active_s + delta.idle_in_transaction_s
    return delta.active_s / whole if whole > 0 else None


def _finding(situation: Situation, samples: Samples, ratio: float) -> Finding:
    per_transaction = _statements_a_transaction(situation)
    still = samples.changed / samples.watched if samples.watched else 1.0
    cause, remedy, severity = _cause(situation, per_transaction, still)
    told = [
        Evidence(
            label="running", value=round(ratio * 100, 1), unit="% of open transactions' time", source="pg_stat_database"
        ),
        Evidence(
            label="idle in transaction", value=round(samples.idle_in_transaction, 2), unit="sessions", source="samples"
        ),
        Evidence(label="active", value=round(samples.active, 2), unit="sessions", source="samples"),
        Evidence(label="new statements", value=round(still, 2), unit="a look and session", source="samples"),
    ]
    if per_transaction is not None:
        told.append(Evidence(label="statements", value=round(per_transaction, 1), unit="a transaction", source="calls"))
    return Finding(
        severity=severity,
        confidence=Confidence.MEDIUM,
        message=f"it is not the database: statements run {ratio:.0%} of the time that transactions are open; "
        f"{samples.idle_in_transaction:.1f} sessions wait for the application on the mean. {cause}",
        location=Location(target=situation.snapshot.target),
        evidence=tuple(told),
        remedy=remedy,
    )


def _statements_a_transaction(situation: Situation) -> float | None:
    told = situation.statistics
    return told.calls / situation.transactions if told and situation.transactions else None


def _cause(situation: Situation, per_transaction: float | None, still: float) -> tuple[str, str, Severity]:
    if per_transaction is not None and per_transaction >= MANY_STATEMENTS:
        return (
            f"It sends {per_transaction:.0f} statements a transaction, one after the other: round trips are what it waits for.",
            "see n-plus-one, query-in-loop and unbatched-insert: fewer statements, not faster ones",
            Severity.INFO,
        )
    if any((one.rows_per_call or 0) >= MANY_ROWS and one.verb == "select" for one in situation.statements[:10]):
        return (
            "Its statements give thousands of rows a call: Python makes objects of them.",
            "see too-many-rows: fewer rows, fewer columns, a stream",
            Severity.INFO,
        )
    if still <= STILL_RATIO:
        return (
            (
                "They hardly send anything: the application holds the connection and does something else. Its event loop is "
                "blocked, or it waits for another service, or for a lock of its own; others wait for a connection meanwhile."
            ),
            "forge-doctor pool   # looks into the workers: blocked loops, the line that holds a session",
            Severity.WARNING,
        )
    return (
        "Between its statements it does its own work.",
        "profile the application: py-spy top --pid PID; an index does not help",
        Severity.INFO,
    )
