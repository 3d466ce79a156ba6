"""Two tables are read together without a condition between them: every row with every row.

Why:
    A forgotten join condition multiplies: four hundred rows with thirty thousand are twelve million, which are then
    sorted, grouped or made distinct, so that the answer looks almost right.

Measures (rows):
    The plan has a Nested Loop without a condition, whose sides don't mention each other, both give `rows` or more, and
    nothing in the text leads from one of its tables to another one. Without a plan the text alone, and the size of the
    tables; in a log SQLAlchemy's warning, or such a text that took 100 ms. Or the loop compares a million pairs of rows or
    more by a pattern, an inequality or an OR, which no index and no hash answers.

Wrong when:
    It is meant (CROSS JOIN of a calendar with a short list): then one side is short, and what is below `rows` is not
    told. One side is a single row (settings, an aggregate). A condition that names both tables in any expression counts
    as one; so does one that the planner has put on both sides because both columns equal the same value: the text is asked.

Source:
    PostgreSQL documentation, 7.2.1.1 Joined Tables; SQLAlchemy documentation, "FROM linting".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Severity
from forge_doctor.slow.inference.logged_accesses import SLOW_MS
from forge_doctor.slow.inference.predicates import terms_of
from forge_doctor.slow.inference.text_accesses import unjoined
from forge_doctor.slow.judging import grave
from forge_doctor.slow.logged.work import Crossing
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

MANY_PAIRS = 1_000_000.0
REMEDY = (
    "say how {names} belong together: .join(Model.relationship), or .where(A.b_id == B.id); in SQLAlchemy each model that is "
    "named in select() or where() is a table of FROM"
)


@check(severity=Severity.WARNING, limits={"rows": 20})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement."""
    told: set[str] = set()
    for warned in situation.logged.crossings if situation.logged else ():
        known = situation.statement_named(warned.key) if warned.key else None
        if known is None or known.key not in told:
            yield _warning(situation, warned, known)
        told.update({known.key} if known else ())
    for statement in situation.statements:
        if statement.key in told:
            continue
        if statement.plan is not None and statement.plan.root is not None:
            yield from _planned(situation, statement, statement.plan.root, limits["rows"])
            continue
        names = unjoined(statement.text)
        if len(names) > 1 and situation.server is None and _is_slow_in_log(statement):
            yield _finding(situation, statement, names, None)
        tables = [situation.table_named(one) for one in names]
        if len(names) > 1 and all(one is not None and one.rows >= limits["rows"] for one in tables):
            yield _finding(situation, statement, names, None)


def _planned(situation: Situation, statement: Statement, root: PlanNode, rows: float) -> Iterator[Finding]:
    node = next((one for one in root.walk() if _multiplies(one, rows)), None)
    if node is not None and unjoined(statement.text):
        yield _finding(situation, statement, _names(node), node)
        return
    compared = next((one for one in root.walk() if _compares_all(one)), None)
    if compared is not None and (statement.mean_ms or 0.0) >= SLOW_MS:
        yield _comparison(situation, statement, compared)


def _compares_all(node: PlanNode) -> bool:
    """Every row of one side with every row of the other, by what is no equality of two columns."""
    if node.kind != "Nested Loop" or not node.join_condition or len(node.children) != 2 or not _names(node):
        return False
    outer, inner = node.children
    equal = any(one.is_equality and one.value == "column" for one in terms_of(node.join_condition))
    return not equal and outer.rows * inner.rows >= MANY_PAIRS


def _comparison(situation: Situation, statement: Statement, node: PlanNode) -> Finding:
    names, pairs = _names(node), node.children[0].rows * node.children[1].rows
    return Finding(
        severity=grave(statement),
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} compares every row of {names[0]} with every row of {names[1]}, about {pairs:,.0f} "
        f"pairs: no index and no hash answers its condition. It takes {milliseconds(statement.mean_ms)} a call.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="condition", value=node.join_condition, source="EXPLAIN"),
        ),
        remedy="compare by equality of a column that both have (a parent's id, a prefix in a column of its own); of an OR make two "
        "statements, joined by union(); of a hierarchy by path a recursive CTE by parent, or ltree with a GiST index",
    )


def _is_slow_in_log(statement: Statement) -> bool:
    """How large its tables are nobody told: that it is slow has to do."""
    return statement.logged is not None and statement.logged.longest_own_ms >= SLOW_MS


def _multiplies(node: PlanNode, rows: float) -> bool:
    if node.kind != "Nested Loop" or node.join_condition or len(node.children) != 2:
        return False
    if node.join_type not in ("", "Inner", "Left", "Full"):
        return False
    outer, inner = node.children
    if outer.rows < rows or inner.rows < rows:
        return False
    outside = {one.alias for one in outer.walk() if one.alias}
    conditions = " ".join(f"{one.condition} {one.index_condition} {one.join_condition}" for one in inner.walk())
    lateral = any(one.kind in ("Function Scan", "Memoize", "ProjectSet", "Values Scan") for one in inner.walk())
    return not lateral and not any(f"{alias}." in conditions for alias in outside) and bool(_names(node))


def _names(node: PlanNode) -> tuple[str, ...]:
    sides = [next((one.relation for one in side.walk() if one.relation), "") for side in node.children]
    return tuple(sides) if all(sides) else ()


def _finding(situation: Situation, statement: Statement, names: tuple[str, ...], node: PlanNode | None) -> Finding:
    told = [Evidence(label="tables", value=", ".join(names), source="EXPLAIN" if node else "its text")]
    how_many = ""
    if node is not None:
        told.append(
            Evidence(label="rows of the product", value=round(node.rows), unit="rows", source="EXPLAIN, estimated")
        )
        how_many = f", about {node.rows:,.0f} rows of them"
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if node else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} joins every row of {names[0]} with every row of {names[1]}{how_many}: nothing "
        f"in it leads from one to the other. It takes {milliseconds(statement.mean_ms)} a call.",
        location=location(situation, statement),
        evidence=(*facts(situation, statement), *told),
        remedy=REMEDY.format(names=" and ".join(names)),
    )


def _warning(situation: Situation, one: Crossing, statement: Statement | None) -> Finding:
    """SQLAlchemy's own warning, written once a process."""
    placed = Location(target=one.file, line=one.line) if one.file else Location(target=situation.snapshot.target)
    names = " and ".join(one.tables) or "tables"
    what = quoted(situation, statement) if statement is not None else "a SELECT"
    told = [Evidence(label="tables", value=", ".join(one.tables), source="SAWarning")]
    if one.file:
        told.append(Evidence(label="warned at", value=f"{one.file}:{one.line}", source="SAWarning"))
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{what} joins every row of {names}: SQLAlchemy warns that nothing leads from one to the other.",
        location=location(situation, statement) if statement is not None else placed,
        evidence=(*told, *(facts(situation, statement) if statement is not None else ())),
        remedy=REMEDY.format(names=names),
    )
