"""One transaction sends the same statement again and again, row by row.

Why:
    Each run waits for the network and for the event loop's turn; the server is idle meanwhile, and the connection is held.
    One statement for all values takes as long as one of them.

Measures (runs):
    In the engine's log, or a server's log of all statements: a SELECT, UPDATE or DELETE, `runs` times or more in one
    transaction, each run with one set of parameters. What n-plus-one tells of is left to it.

Wrong when:
    It reads a large table in pieces: a statement with LIMIT that goes on by OFFSET or behind the last key is left out, as
    are lists (IN), which are many at once. A worker that takes one job after the other commits between them, and is in no
    one transaction. The values of a run come from the run before: then only a join or a recursive query helps, and
    nobody can tell from here. Without parameters in the log confidence is medium.

Source:
    SQLAlchemy documentation, "ORM-Enabled INSERT, UPDATE, and DELETE statements"; "Working with Large Collections".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Finding, Severity
from forge_doctor.slow.repeats import Repeat, repeats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording import facts, location, quoted

MANY = 50
VERBS = frozenset({"select", "update", "delete"})
REMEDIES = {
    "select": "one statement for all values: .where(Model.column.in_(values)), and a dict of the rows by that column; "
    "or a join with what the values come from",
    "update": "one statement for all rows: await session.execute(update(Model), [{'id': ..., ...}, ...]), or "
    "update(Model).where(...).values(...) where all get the same",
    "delete": "one statement for all rows: delete(Model).where(Model.id.in_(ids))",
}


@check(severity=Severity.WARNING, limits={"runs": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for one in repeats(situation):
        if one.statement.verb in VERBS and one.usual >= limits["runs"] and not _is_other(one):
            yield _finding(situation, one)


def _is_other(one: Repeat) -> bool:
    """An N+1, a batch, or a table read in pieces."""
    shape = one.statement.shape
    in_pieces = "offset" in shape.flags or ("limit" in shape.flags and ">" in one.statement.text)
    return (one.is_lazy and one.differing is not False) or bool(one.batched) or bool(shape.lists) or in_pieces


def _finding(situation: Situation, one: Repeat) -> Finding:
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
