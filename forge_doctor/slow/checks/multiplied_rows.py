"""Two collections are joined to one row: each of the one comes with each of the other.

Why:
    joinedload() of a collection gives a row for each member. Of two collections of one object it gives their product: ten
    comments and ten tags are a hundred rows, of which SQLAlchemy throws eighty away after it has fetched and compared them.

Measures (rows, times):
    A SELECT without GROUP BY and DISTINCT that gives `rows` or more a call and joins two or more tables to the same one,
    each with several rows for one of it (rows of the table through distinct values of the column, as ANALYZE counted
    them, and no unique index on it); together they give `times` as many rows as one by one.

Wrong when:
    Objects with many of the one have few of the other: the numbers are means, hence medium confidence. A join to a
    unique column multiplies nothing, and a chain (orders, their lines, the lines' taxes) repeats no line: both are left out.
    The product is wanted: then nothing but a look at the code tells.

Source:
    SQLAlchemy documentation, "What Kind of Loading to Use?"; conveyordata/data-product-portal, where a page took 20 s.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.fan_outs import MULTIPLIED, FanOut, multiplied, siblings
from forge_doctor.slow.judging import grave, is_aggregate
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

FEWEST_JOINS = 2


@check(severity=Severity.WARNING, limits={"rows": 200, "times": MULTIPLIED})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if statement.verb != "select" or len(statement.shape.tables) <= FEWEST_JOINS or is_aggregate(statement):
            continue
        if (statement.rows_per_call or 0) < limits["rows"]:
            continue
        group = siblings(statement.text, situation)
        if multiplied(group) >= limits["times"]:
            yield _finding(situation, statement, group)


def _finding(situation: Situation, statement: Statement, group: tuple[FanOut, ...]) -> Finding:
    rows = statement.rows_per_call or 0
    few = rows / multiplied(group)
    names = " and ".join(one.table for one in group)
    return Finding(
        severity=grave(statement),
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} joins {names} to the same row, so that each row of the one comes with each of "
        f"the other: {rows:,.0f} rows and {milliseconds(statement.mean_ms)} a call, where about {few:,.0f} would do.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            *(
                Evidence(label=f"{one.table} a row", value=round(one.ratio, 1), unit="rows", source="pg_stats")
                for one in group
            ),
        ),
        remedy=f"selectinload() instead of joinedload() for all of them but one (relationship(lazy='selectin')): {names} are then "
        "read by a statement of their own each, in which no row is repeated",
    )
