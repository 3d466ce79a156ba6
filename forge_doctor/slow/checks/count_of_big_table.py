"""All rows of a large table are counted: PostgreSQL reads every one of them, each time.

Why:
    A table has no counter: which rows exist depends on who asks. count(*) without a condition reads the table or a whole
    index, every page of a list does it again, and it grows with the table.

Measures (rows, ms):
    count() over a table of `rows` rows or more without a condition and without groups; `mean_ms` or more per call.

Wrong when:
    The number has to be exact and is asked for seldom: calls and the share of the time are told. A condition in a
    subquery counts as one.

Source:
    PostgreSQL documentation, 9.21 Aggregate Functions (note on count), 52.11 pg_class.reltuples.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.logged_accesses import SLOW_MS
from forge_doctor.slow.inference.text_accesses import text_accesses
from forge_doctor.slow.logged.work import LoggedStatement
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import join_name, quote_regclass, split_name

WITHOUT_CONDITION = frozenset({"Gather", "Gather Merge", "Append", "Result", "Subquery Scan"})


@check(severity=Severity.WARNING, limits={"rows": 100_000, "mean_ms": 5.0, "calls": 2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if "count" not in statement.shape.functions or statement.shape.group or statement.verb != "select":
            continue
        if statement.calls < limits["calls"] or (statement.mean_ms or 0) < limits["mean_ms"]:
            continue
        if (statement.rows_per_call or 0) > 1:
            continue
        table = _counted(statement, situation)
        if table is not None and table.rows >= limits["rows"]:
            yield _finding(situation, statement, table)
        elif situation.server is None and statement.logged is not None and _is_slow_in_log(statement, statement.logged):
            yield _logged(situation, statement)


def _is_slow_in_log(statement: Statement, logged: LoggedStatement) -> bool:
    shape = statement.shape
    return (
        logged.is_usually_slow(SLOW_MS)
        and len(shape.tables) == 1
        and not (shape.where or shape.inner or "limit" in shape.flags)
    )


def _logged(situation: Situation, statement: Statement) -> Finding:
    """Of a server's log alone: the time says that the table is large."""
    table = next((name for name, _, _ in text_accesses(statement.text)), join_name(statement.shape.tables[0]))
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} counts all rows of {table}, each time: {milliseconds(statement.mean_ms)} on the mean "
        f"of {statement.calls} slow executions in the log.",
        location=location(situation, statement),
        evidence=facts(situation, statement),
        remedy="ask whether there is a next page instead: fetch one row more than a page has; or take the planner's estimate:\n"
        f"SELECT reltuples::bigint FROM pg_class WHERE oid = {quote_regclass(*split_name(table))}::regclass;",
    )


def _counted(statement: Statement, situation: Situation) -> Table | None:
    """The one table that is counted as a whole."""
    if statement.plan is not None and statement.plan.root is not None:
        node: PlanNode | None = _scan(statement.plan.root)
        return situation.table_of(node) if node is not None else None
    shape = statement.shape
    if len(shape.tables) != 1 or shape.where or shape.inner or "limit" in shape.flags:
        return None
    return situation.table_named(join_name(shape.tables[0]))


def _scan(node: PlanNode) -> PlanNode | None:
    """The scan below one aggregate, with nothing that throws rows away in between."""
    if node.condition or node.index_condition or node.join_condition:
        return None
    if node.relation:
        return node
    if node.kind == "Aggregate" or node.kind in WITHOUT_CONDITION:
        return _scan(node.children[0]) if len(node.children) == 1 else None
    return None


def _finding(situation: Situation, statement: Statement, table: Table) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{quoted(situation, statement)} counts all {table.rows:,} rows of {table.name}, "
        f"{milliseconds(statement.mean_ms)} each of {statement.calls:,} times: nothing but reading them tells how many there are.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="rows", value=table.rows, unit="rows", source="pg_class.reltuples, pg_stat_user_tables"),
        ),
        remedy="a list needs no total: fetch one row more than a page has, to know whether there is a next one. Where about is "
        f"enough, read the planner's number, as of the last ANALYZE or VACUUM:\n{estimate(table)}\n"
        "-- where it has to be exact and often, keep it in a table of its own",
    )


def estimate(table: Table) -> str:
    """The statement that reads the planner's number of rows."""
    return f"SELECT reltuples::bigint FROM pg_class WHERE oid = {quote_regclass(table.schema, table.name)}::regclass;"  # noqa: S608 - quoted
