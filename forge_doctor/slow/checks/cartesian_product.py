"""A SELECT names two tables and nothing joins them: each row comes with every row of the other.

Why:
    A thousand rows times a thousand are a million, which the server makes, and an aggregate or DISTINCT hides again. It
    comes from a forgotten join, or from a column of another table in select(), and takes longer with each row of either.

Measures (times):
    SQLAlchemy's warning of a cartesian product in the log; or the FROM list has tables that no condition joins, neither
    of which is compared with a value by `=`, and it ran `calls` times or more. A plan that has a Nested Loop without a
    condition between them confirms it.

Wrong when:
    The other table has one row (settings): compared by `=` it is left out, and the rows a call are told. CROSS JOIN
    written out, functions and subqueries in FROM are left out. A column without its table in a condition may join them:
    then nothing is told. By the text alone confidence is medium.

Source:
    SQLAlchemy documentation, "What's New in 1.4": Built-in FROM linting will warn for any potential cartesian products.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.logged.work import Crossing
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, milliseconds, quoted
from forge_doctor.sql.joins import unjoined

REMEDY = "join them: .join(Other, Other.key == Model.other_key), or .where() with the condition; or leave the other table out"
LEAST_MS = 20.0


@check(severity=Severity.WARNING, limits={"calls": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement, and for each warning that no statement is known of."""
    warned = {one.key: one for one in (situation.logged.crossings if situation.logged else ())}
    told = set()
    for one in warned.values():
        statement = situation.statement_named(one.key) if one.key else None
        if statement is None:
            yield _warning(situation, one)
        else:
            told.add(statement.key)
            yield _finding(situation, statement, one.tables, one)
    for statement in situation.statements:
        if statement.verb != "select" or statement.key in told or len(statement.shape.tables) < 2:
            continue
        groups = unjoined(statement.text)
        if len(groups) > 1 and _costs(statement, limits):
            yield _finding(situation, statement, tuple(table for group in groups for table in group), None)


def _costs(statement: Statement, limits: Limits) -> bool:
    """Where no time is known, its text has to do."""
    long = statement.mean_ms is None or statement.mean_ms >= LEAST_MS or _multiplies(statement)
    return long and (statement.calls >= limits["calls"] or (statement.logged is not None and statement.stats is None))


def _multiplies(statement: Statement) -> bool:
    return statement.plan is not None and statement.plan.root is not None and _loop(statement.plan.root) is not None


def _loop(root: PlanNode) -> PlanNode | None:
    """A Nested Loop whose inner side is asked nothing of the outer one."""
    for node in root.walk():
        if node.kind == "Nested Loop" and len(node.children) == 2 and not node.join_condition:
            outer, inner = (tuple(side.walk()) for side in node.children)
            names = [f"{one.alias}." for one in outer if one.alias]
            asked = any(name in f"{one.index_condition} {one.condition}" for one in inner for name in names)
            if not asked and min(one.rows for one in node.children) > 1:
                return node
    return None


def _finding(situation: Situation, statement: Statement, tables: tuple[str, ...], warned: Crossing | None) -> Finding:
    loop = _loop(statement.plan.root) if statement.plan is not None and statement.plan.root is not None else None
    told = [Evidence(label="tables", value=", ".join(tables), source="SAWarning" if warned else "its text")]
    if loop is not None:
        told.append(Evidence(label="node", value=f"Nested Loop of {loop.rows:,.0f} rows, no condition", source="plan"))
    takes = f" It takes {milliseconds(statement.mean_ms)}." if statement.mean_ms is not None else ""
    return Finding(
        severity=Severity.ERROR if (statement.mean_ms or 0.0) >= 1000 else Severity.WARNING,
        confidence=Confidence.HIGH if warned is not None or loop is not None else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} joins {' and '.join(tables)} by nothing: each row of the one comes with each row "
        f"of the other.{takes}",
        location=location(situation, statement),
        evidence=(*told, *facts(situation, statement)),
        remedy=REMEDY,
    )


def _warning(situation: Situation, one: Crossing) -> Finding:
    where = Location(target=one.file, line=one.line) if one.file else Location(target=situation.snapshot.target)
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"SQLAlchemy warns that a SELECT joins {' and '.join(one.tables) or 'its tables'} by nothing: each row of the one "
        "comes with each row of the other.",
        location=where,
        evidence=(
            Evidence(label="tables", value=", ".join(one.tables), source="SAWarning"),
            Evidence(label="warnings", value=one.seen, unit="once a process", source="log"),
        ),
        remedy=REMEDY,
    )
