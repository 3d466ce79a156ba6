"""Tries indexes without making one: HypoPG's are seen by this session's EXPLAIN alone, and gone with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection
from forge_doctor.slow.plan import Plan, Trial
from forge_doctor.slow.server.explain import Planner, planning
from forge_doctor.sql.quoting import quote_identifier

MOST_TRIALS = 24


async def try_indexes(
    connection: Connection, schema: str, wanted: Sequence[tuple[Plan, str, str]], path: str
) -> Mapping[str, tuple[Trial, ...]]:
    """What each index makes of the plan of its statement, by the statement's key; `wanted` is (plan, text, definition).

    A statement is prepared anew for each: one that was prepared before an index came keeps its old plan.
    """
    found: dict[str, list[Trial]] = {}
    async with planning(connection, path, "generic") as planner:
        for plan, text, definition in wanted[:MOST_TRIALS]:
            if plan.root is not None:
                trial = await _trial(planner, quote_identifier(schema), text, definition, plan.root.cost)
                found.setdefault(plan.key, []).append(trial)
    return {key: tuple(trials) for key, trials in found.items()}


async def _trial(planner: Planner, schema: str, text: str, definition: str, before: float) -> Trial:
    try:
        made = await planner.fetch(f"SELECT indexname::text AS name FROM {schema}.hypopg_create_index($1)", definition)  # noqa: S608
        root, _ = await planner.plan(text)
        used = any(node.index == made[0]["name"] for node in root.walk())
        return Trial(definition=definition, cost_before=before, cost_after=root.cost, used=used)
    except (QueryFailed, ValueError) as failed:
        await planner.back()
        return Trial(definition=definition, cost_before=before, why_not=f"HypoPG could not try it: {failed}")
    finally:
        await planner.fetch(f"SELECT {schema}.hypopg_reset()")
