"""One statement for a list, then one more for each of its rows: N+1 round trips where two would do.

Why:
    A relationship that is read row by row is loaded row by row. Each load is short, so that no list of slow statements
    shows it, and each is a round trip: 1,000 of them are a tenth of a second of the server's work and many seconds of
    waiting. It grows with the list, and the connection is held all the while.

Measures (runs):
    In the engine's log (or a server's log of all statements): a SELECT for one value of one column, `runs` times or more
    in one transaction, with other parameters each time, written as a lazy load is or asked for by a column that names the
    statement before it. In pg_stat_statements: as many calls as its parent gave rows, `runs` or more a call of the parent.

Wrong when:
    The parent and the child are of different requests: transactions are told apart by a field of the records that does
    it, and where none does the numbers of all of them have to leave no other way; then confidence is medium, as it is
    where the server's numbers alone tell. The runs are the same query with the same parameters: that is query-in-loop.
    Few rows, always: below `runs` nothing is told. Requests that load the same eagerly are not counted as parents.

Source:
    SQLAlchemy documentation, "Relationship Loading Techniques": Lazy Loading, Select IN loading; "AsyncAttrs".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.slow.repeats import Repeat, repeats
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording import facts, location, quoted

MANY = 50


@check(severity=Severity.WARNING, limits={"runs": 5})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each child."""
    for one in repeats(situation):
        if one.is_lazy and one.usual >= limits["runs"] and one.differing is not False:
            yield _finding(situation, one)


def _finding(situation: Situation, one: Repeat) -> Finding:
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


def _remedy(one: Repeat) -> str:
    where = next((f" in {line.file}:{line.line}" for line in (one.parent.lines if one.parent else ())), "")
    child = one.statement.shape.tables[0] if one.statement.shape.tables else "the relationship"
    return (
        f"load {child} with the list{where}: .options(selectinload(Parent.relationship)); joinedload for a relationship to "
        "one.\nWhere the statement is written out in a loop: one select for all, .where(Model.column.in_(values))"
    )
