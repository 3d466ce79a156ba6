"""One row after the other is fetched by its key in a loop: as many round trips as rows.

Why:
    A statement in a loop is fast each time, and slow in all: each is a round trip that the request waits for. A single
    statement with all keys (`IN`) is one.

Measures (calls, ratio, runs):
    The server's counts: a SELECT of one row by one column is called 5 times as often as another SELECT or more, about
    as often
    as that one gives rows, and a foreign key or the names lead from the one to the other; or the samples caught a
    session
    sending it twice in one transaction, at `repeated_calls` looks or more. The mean is below 5 ms.
    In the engine's log, or a server's log of all statements: a SELECT, UPDATE or DELETE, `runs` times in one
    transaction, a set
    of parameters each time.

Wrong when:
    Every request fetches one row by its key (who is logged in): then no session sends it twice in a transaction, and
    its calls
    fit no other statement's rows. Where only counts tell, they have to fit within a third, and confidence is medium.
    A table is read in pieces: a statement with LIMIT that goes on by OFFSET or behind the last key is left out of a
    log, as are
    lists (IN).

Source:
    SQLAlchemy documentation, "Using IN Expressions"; PostgreSQL documentation, 9.24 Subquery Expressions.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Finding, NotRun, Severity
from forge_doctor.slow.inference.repeats import repeats
from forge_doctor.slow.logged_repeats import LoggedRepeat, logged_repeats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.phrases import facts, location, quoted
from forge_doctor.slow.wording.repeat_findings import repeat_finding

MANY = 50
VERBS = frozenset({"select", "update", "delete"})
REMEDIES = {
    "select": "one statement for all values: .where(Model.column.in_(values)), and a dict of the rows by that column; "
    "or a join with what the values come from",
    "update": "one statement for all rows: await session.execute(update(Model), [{'id': ..., ...}, ...]), or "
    "update(Model).where(...).values(...) where all get the same",
    "delete": "one statement for all rows: delete(Model).where(Model.id.in_(ids))",
}


@check(severity=Severity.WARNING, limits={"repeated_calls": 3, "runs": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement that is sent in a loop."""
    told = set()
    for seen in logged_repeats(situation):
        told.add(seen.statement.key)
        if seen.statement.verb in VERBS and seen.usual >= limits["runs"] and not _is_other(seen):
            yield _logged(situation, seen)
    for one in repeats(situation):
        if one.child.key in told or one.lazy or (one.linked and not one.by_key):
            continue
        caught = one.seen_twice >= limits["repeated_calls"]
        if caught or (one.linked and one.exact):
            yield repeat_finding(situation, one, Confidence.HIGH if caught else Confidence.MEDIUM, caught=caught)
        elif one.parent is None:
            yield repeat_finding(situation, one, Confidence.MEDIUM, caught=False)


def _is_other(one: LoggedRepeat) -> bool:
    """An N+1, a batch, or a table read in pieces."""
    shape = one.statement.shape
    in_pieces = "offset" in shape.flags or ("limit" in shape.flags and ">" in one.statement.text)
    return (one.is_lazy and one.differing is not False) or bool(one.batched) or bool(shape.lists) or in_pieces


def _logged(situation: Situation, one: LoggedRepeat) -> Finding:
    same = " with the same parameters" if one.differing is False else ""
    remedy = REMEDIES[one.statement.verb]
    if one.differing is False and one.statement.verb == "select":
        remedy = "ask once and keep what came, for as long as the request lasts"
    return Finding(
        severity=Severity.ERROR if one.usual >= MANY else Severity.WARNING,
        confidence=one.confidence,
        message=f"{quoted(situation, one.statement)} is sent {one.times}{same}: {one.runs:,} round trips, one after the other.",
        location=location(situation, one.statement),
        evidence=(*one.evidence(), *facts(situation, one.statement)),
        remedy=remedy,
    )
