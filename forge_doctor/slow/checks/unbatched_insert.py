"""Rows are inserted one by one in a transaction, where one statement could take them all.

Why:
    Each INSERT is a round trip; a thousand of them take seconds of which the server works some milliseconds. A list given
    to one execute, or objects added together and flushed once, go in batches of a thousand.

Measures (runs, sessions):
    In the engine's log: one INSERT, `runs` times or more in one transaction, each with one set of parameters and none
    with a list. On the server never by the statistics alone, which count a batch of 3,000 rows as 3,000 calls, too: the
    samples have to see it as the last statement of sessions that are not running it.

Wrong when:
    It is executemany: its record has a list of parameters, and the samples see it running, or never twice in one
    transaction. The rows need each other's keys, one flush after the other: then SQLAlchemy batches what it can, and this
    is told where it could not. Objects with server defaults and no key from Python are sent one by one where the dialect
    can't sort them (the record then says `batch not supported`): that is told, and the mend is another.

Source:
    SQLAlchemy documentation, "Insert Many Values" Behavior for INSERT statements; "ORM Bulk INSERT Statements".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.slow.logged_repeats import LEAST, LoggedRepeat, logged_repeats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, quoted

MANY = 50
# Seen so often as the last statement of a session, and so seldom running: sent one by one.
FEWEST_SENT, RUNNING_RATIO = 10, 0.1
# And again in one transaction between two looks: a batch is one statement of its transaction, whatever comes after it.
FEWEST_REPEATED, REPEATED_RATIO = 3, 0.5
# So many take longer one by one than lies between two looks.
LONG = 200.0
PER_TRANSACTION = 10.0
REMEDY = (
    "one statement for all rows: await session.execute(insert(Model), rows), or session.add_all(objects) and one flush; "
    "not session.add and flush (or commit) in the loop"
)


REFUSED = (
    "give SQLAlchemy something to sort the rows by: a primary key that is made in Python (default=uuid4), or a column "
    "orm_insert_sentinel(); or, where the new keys are not needed, session.execute(insert(Model), rows)"
)


@check(severity=Severity.WARNING, limits={"runs": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each INSERT."""
    told = set()
    for one in logged_repeats(situation):
        told.add(one.statement.key)
        if one.statement.verb == "insert" and not one.batched and one.usual >= limits["runs"]:
            yield _logged(situation, one)
    for statement in situation.statements:
        if statement.key not in told and _may_be(statement) and not (situation.logged and statement.logged):
            yield from _sampled(situation, statement)


def _logged(situation: Situation, one: LoggedRepeat) -> Finding:
    why = (
        " SQLAlchemy had them together, and could not match what RETURNING gives to their order." if one.refused else ""
    )
    return Finding(
        severity=Severity.ERROR if one.usual >= MANY else Severity.WARNING,
        confidence=Confidence.HIGH if one.separable else Confidence.MEDIUM,
        message=f"{quoted(situation, one.statement)} is sent {one.times}, a row each time: {one.runs:,} round trips where "
        f"one statement would do.{why}",
        location=location(situation, one.statement),
        evidence=(*one.evidence(), *facts(situation, one.statement)),
        remedy=REFUSED if one.refused else REMEDY,
    )


def _may_be(statement: Statement) -> bool:
    """Many in a transaction by the numbers, which are the same for a batch."""
    many = (statement.per_transaction or 0.0) >= PER_TRANSACTION and statement.calls >= 10 * LEAST
    return statement.stats is not None and statement.verb == "insert" and many and (statement.rows_per_call or 0) <= 1


def _sampled(situation: Situation, statement: Statement) -> Iterator[Finding | NotRun]:
    seen = statement.sampled
    idle = seen is not None and seen.running <= RUNNING_RATIO * seen.sent
    repeated = seen is not None and seen.repeated >= max(FEWEST_REPEATED, REPEATED_RATIO * seen.sent)
    short = (statement.per_transaction or 0.0) < LONG
    if seen is None or seen.sent < FEWEST_SENT or (idle and not repeated and short):
        yield NotRun(
            reason=f"{statement.calls:,} calls of {quoted(situation, statement)}: one by one or as batches, the statistics "
            "can't tell",
            remedy="forge-doctor slow --log FILE   # an engine log; or --duration 10 while they are inserted",
        )
    elif idle and repeated:
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"{quoted(situation, statement)} is sent row by row: {statement.per_transaction or 0:,.0f} a transaction, and "
            f"of {seen.sent} looks that saw a new one {seen.running} saw it running and {seen.repeated} saw the one before in "
            "the same transaction.",
            location=location(situation, statement),
            evidence=(
                *facts(situation, statement),
                Evidence(label="last statement of a session", value=seen.sent, unit="looks", source="samples"),
                Evidence(label="running", value=seen.running, unit="looks", source="samples"),
            ),
            remedy=REMEDY,
        )
