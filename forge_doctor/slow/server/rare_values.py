"""What a statement's plan would be for a rare value, beside the one for any value: the trap of generic plans.

The value comes from the server's statistics and goes back to the server alone: it is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch
from forge_doctor.regex import regex
from forge_doctor.slow.inference.skew import RARE_RATIO, Skew
from forge_doctor.slow.plan import PlanNode, RareValue
from forge_doctor.slow.server.explain import Planner, planning
from forge_doctor.slow.server.schema import Column
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.quoting import quote_literal

MOST = 6
NOWHERE = "forge-doctor"
# The rarest of the listed values, as text: the type of the array is not known to a driver.
RAREST = (
    "SELECT (most_common_vals::text::text[])[array_upper(most_common_freqs, 1)] AS value "
    "FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited"
)
PARAMETER = regex(r"\$(\d{1,5})")


async def plan_rare_values(
    connection: Connection, wanted: Sequence[tuple[Statement, Skew]], path: str
) -> Mapping[str, RareValue]:
    """What each would cost with the rarest value, by the statement's key; what can't be planned is left out."""
    found: dict[str, RareValue] = {}
    async with planning(connection, path, "custom") as planner:
        for statement, skew in wanted[:MOST]:
            rare = await _planned(planner, statement, skew)
            if rare is not None:
                found[statement.key] = rare
    return found


async def _planned(planner: Planner, statement: Statement, skew: Skew) -> RareValue | None:
    position = _parameter(skew)
    if position is None:
        return None
    try:
        value, frequency = await _rare_value(planner.fetch, skew.column)
        if value is None:
            return None
        custom, _ = await planner.plan(statement.text, {position: quote_literal(value)})
    except (QueryFailed, ValueError):
        await planner.back()
        return None
    return RareValue(
        column=skew.column.name,
        frequency=frequency,
        generic_cost=skew.node.cost,
        cost=_same_table(custom, skew.node),
        index=next((one.index for one in custom.walk() if one.index), ""),
    )


async def _rare_value(fetch: Fetch, column: Column) -> tuple[str | None, float | None]:
    """A value below 1 % and its share; where none of the listed is, of a text one that is in no table."""
    if column.rarest_listed > RARE_RATIO:
        return NOWHERE, None
    rows: Sequence[Any] = await fetch(RAREST, column.schema, column.table, column.name)
    return (rows[0]["value"] if rows else None), column.rarest_listed


def _same_table(root: PlanNode, node: PlanNode) -> float:
    """The cost of the step that reads the same table: what is above it may have a LIMIT, or join others."""
    costs = [one.cost for one in root.walk() if one.relation == node.relation and one.alias == node.alias]
    return costs[0] if costs else root.cost


def _parameter(skew: Skew) -> int | None:
    """Which parameter the column is compared with, where it is one only."""
    pieces = [one for one in skew.node.condition.split(" AND ") if skew.column.name in one]
    numbers = {int(found) for piece in pieces for found in PARAMETER.findall(piece)}
    return numbers.pop() if len(numbers) == 1 else None
