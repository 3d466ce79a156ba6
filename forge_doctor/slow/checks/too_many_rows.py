"""A statement gives thousands of rows a call: most of the time goes into making objects of them.

Why:
    The server hands out a thousand rows in a millisecond; the driver decodes each, SQLAlchemy makes an object of each, and
    FastAPI a JSON. While it does, the event loop answers nobody. A list without a LIMIT grows with the table.

Measures (rows):
    A SELECT without LIMIT that gives `rows` or more a call on the mean, of `calls` or more.

Wrong when:
    It is an export or a report, which wants all rows: then they are better streamed. A cursor takes its rows under FETCH,
    which this does not see. Joins that multiply each other are left to multiplied-rows. How many rows were used nobody can
    tell from here: medium confidence.

Source:
    SQLAlchemy documentation, "Fetching Large Result Sets with Yield Per".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.slow.inference.fan_outs import MULTIPLIED, multiplied, siblings
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted


@check(severity=Severity.WARNING, limits={"rows": 1000, "calls": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if statement.verb != "select" or "limit" in statement.shape.flags or statement.calls < limits["calls"]:
            continue
        if (statement.rows_per_call or 0) >= limits["rows"]:
            if multiplied(siblings(statement.text, situation)) >= MULTIPLIED:
                continue  # told by multiplied-rows: there are not so many
            yield _finding(situation, statement)


def _finding(situation: Situation, statement: Statement) -> Finding:
    rows = statement.rows_per_call or 0
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} gives {rows:,.0f} rows a call, without a LIMIT: the server needs "
        f"{milliseconds(statement.mean_ms)} for them, the application, which makes objects of them, many times as long.",
        location=location(situation, statement),
        evidence=facts(situation, statement),
        remedy="page by key: .where(Model.id > last_id).order_by(Model.id).limit(100); select only the columns that are "
        "used; for an export stream it: await session.stream_scalars(statement.execution_options(yield_per=500))",
    )
