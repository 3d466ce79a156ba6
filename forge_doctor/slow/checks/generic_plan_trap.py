"""One plan serves common and rare values of a column: for the rare ones it reads the whole table.

Why:
    A prepared statement, which is what asyncpg makes of every one, is planned for its values five times, then possibly
    for any value and never again. Where one value is most of the table, the plan for any value reads the table; for the
    rare value an index would have been a hundred times faster. It shows after the sixth call and goes with a restart.

Measures (times, blocks):
    The plan for any value throws away by `column = $n` what it reads, while one value is half of the table and another
    less than 1 %; the plan with that rare value written in costs a `cheaper_times`-th or less and asks an index; and
    `blocks` or more are touched per call.

Wrong when:
    The server keeps planning for each value, because that is cheaper on the mean: what it did can't be asked from
    another session, so that the blocks of a call decide whether it is told at all, and confidence is medium. The costs of
    the generic and the custom plan alone say nothing and are not compared. plan_cache_mode = force_custom_plan is looked at.

Source:
    PostgreSQL documentation, PREPARE, Notes; 20.7.4 plan_cache_mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.judging import grave
from forge_doctor.slow.plan import RareValue
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import quote_identifier


@check(severity=Severity.WARNING, limits={"cheaper_times": 10, "blocks": 300, "calls": 6})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    server = situation.server
    if server is None or server.settings.get("plan_cache_mode") == "force_custom_plan":
        return
    for statement in situation.statements:
        rare = statement.plan.rare if statement.plan else None
        if rare is None or statement.calls < limits["calls"] or not rare.index:
            continue
        if (statement.blocks_per_call or 0) < limits["blocks"]:
            continue
        if rare.cost * limits["cheaper_times"] <= rare.generic_cost:
            yield _finding(situation, statement, rare)


def _finding(situation: Situation, statement: Statement, rare: RareValue) -> Finding:
    share = "" if rare.frequency is None else f", {rare.frequency:.2%} of the rows,"
    return Finding(
        severity=min(grave(statement), Severity.WARNING),
        confidence=Confidence.MEDIUM,
        message=f"the plan of {quoted(situation, statement)} for any {rare.column} costs {rare.generic_cost:,.0f}, with a rare "
        f"one{share} written in {rare.cost:,.0f}, by index {rare.index}. A prepared statement keeps the first from its "
        f"sixth call on, for all values: {statement.blocks_per_call or 0:,.0f} blocks and {milliseconds(statement.mean_ms)} a call.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="cost for any value", value=round(rare.generic_cost), source="EXPLAIN, generic plan"),
            Evidence(label="cost for a rare value", value=round(rare.cost), source="EXPLAIN, a value of pg_stats"),
        ),
        remedy='create_async_engine(..., connect_args={"server_settings": {"plan_cache_mode": "force_custom_plan"}})   # plans '
        "each call anew\n"
        "-- through pgbouncer, which refuses such a parameter: ALTER ROLE application SET plan_cache_mode = force_custom_plan;\n"
        "-- or, for the rare ones alone, a partial index WHERE "
        f"{quote_identifier(rare.column)} is not the common value, with that condition in the statement",
    )
