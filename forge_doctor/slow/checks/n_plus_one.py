"""For each row of a list its related rows are fetched by one statement each: N + 1 queries.

Why:
    A relationship that is loaded when it is touched sends a statement for each object. Each is fast, so that no list
    of slow
    statements shows them; but each is a round trip, and a request waits for all of them, one after the other. Two
    hundred
    lazy loads are a tenth of a second of the server's time and several seconds of the user's.

Measures (calls, ratio, runs):
    The server's counts: a SELECT by one column is called 5 times as often as another SELECT or more, about as often
    as that
    one gives rows; and its text is that of a lazy load, or a foreign key leads from the one to the other, or the
    samples caught
    a session sending it twice in one transaction, at `repeated_calls` looks or more. The mean is below 5 ms.
    In the engine's log, or a server's log of all statements: `runs` of it in one transaction, with other parameters
    each time,
    written as a lazy load is or asked for by a column that names the statement sent before it.

Wrong when:
    A statement that every request sends once (who is logged in) has counts like it: without a foreign key or the text
    of a
    lazy load it is told only where it was caught repeating in one transaction, and with medium confidence where nothing
    was caught. In a log, transactions are told apart by whatever field of the records does it; where none does, the
    numbers of all have to leave no other way, and confidence is medium. Where the parent also runs without touching
    the relationship the ratio is smaller than its rows.

Source:
    SQLAlchemy documentation, "Relationship Loading Techniques", "What Kind of Loading to Use?".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Finding, NotRun, Related, Severity
from forge_doctor.slow.inference.repeats import repeats
from forge_doctor.slow.logged_repeats import LoggedRepeat, logged_repeats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.phrases import facts, location, quoted
from forge_doctor.slow.wording.repeat_findings import repeat_finding

MANY = 50


@check(severity=Severity.WARNING, limits={"repeated_calls": 3, "runs": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement that is repeated for a relationship."""
    told = set()
    for seen in logged_repeats(situation):
        told.add(seen.statement.key)
        if seen.is_lazy and seen.usual >= limits["runs"] and seen.differing is not False:
            yield _logged(situation, seen)
    for one in repeats(situation):
        if one.child.key in told:
            continue
        if not (one.lazy or (one.linked and not one.by_key)):
            continue
        caught = one.seen_twice >= limits["repeated_calls"]
        sure = Confidence.HIGH if caught or (one.lazy and one.exact) else Confidence.MEDIUM
        yield repeat_finding(situation, one, sure, caught=caught)


def _logged(situation: Situation, one: LoggedRepeat) -> Finding:
    parent = one.parent
    behind = f", behind {quoted(situation, parent)}" if parent is not None else ""
    related = (Related(message="the statement it belongs to", location=location(situation, parent)),) if parent else ()
    return Finding(
        severity=Severity.ERROR if one.usual >= MANY else Severity.WARNING,
        confidence=one.confidence,
        message=f"{quoted(situation, one.statement)} is sent {one.times}{behind}: {one.runs:,} round trips where a second "
        "statement for all rows would do.",
        location=location(situation, one.statement),
        evidence=(*one.evidence(), *facts(situation, one.statement)),
        remedy=_remedy(one),
        related=related,
    )


def _remedy(one: LoggedRepeat) -> str:
    """The option where the list is asked for; where the source is known, by its line."""
    lines = one.statement.lines
    where = next((f" at {line.parent}" for line in lines if line.parent), "")
    child = one.statement.shape.tables[0] if one.statement.shape.tables else "the relationship"
    return (
        f"load {child} with the list{where}: .options(selectinload(Parent.relationship)); joinedload for a relationship to "
        "one.\nWhere the statement is written out in a loop: one select for all, .where(Model.column.in_(values))"
    )
