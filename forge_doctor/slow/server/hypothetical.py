"""Tries indexes without making one: HypoPG's are seen by this session's EXPLAIN alone, and gone with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch, read_only
from forge_doctor.slow.plan import Plan, PlanNode, Trial
from forge_doctor.slow.server.explain import LIMITS, explained, forget, prepare
from forge_doctor.slow.server.plan_json import plan_of
from forge_doctor.sql.quoting import quote_identifier

MOST_TRIALS = 24


async def try_indexes(
    connection: Connection, schema: str, wanted: Sequence[tuple[Plan, str, str]], path: str
) -> Mapping[str, tuple[Trial, ...]]:
    """What each index makes of the plan of its statement, by the statement's key; `wanted` is (plan, text, definition).

    A statement is prepared anew for each: one that was prepared before an index came keeps its old plan.
    """
    found: dict[str, list[Trial]] = {}
    async with read_only(connection, LIMITS) as fetch:
        await fetch("SET LOCAL plan_cache_mode = force_generic_plan")
        for plan, text, definition in wanted[:MOST_TRIALS]:
            if plan.root is not None:
                found.setdefault(plan.key, []).append(
                    await _trial(fetch, quote_identifier(schema), text, definition, plan.root.cost, path)
                )
    return {key: tuple(trials) for key, trials in found.items()}


async def _trial(fetch: Fetch, schema: str, text: str, definition: str, before: float, path: str) -> Trial:
    await fetch("SAVEPOINT forge_doctor")
    try:
        made = await fetch(f"SELECT indexname::text AS name FROM {schema}.hypopg_create_index($1)", definition)  # noqa: S608
        root, _ = plan_of(await explained(fetch, await prepare(fetch, text, path)))
        used = any(_uses(node, made[0]["name"]) for node in root.walk())
        return Trial(definition=definition, cost_before=before, cost_after=root.cost, used=used)
    except (QueryFailed, ValueError) as failed:
        return Trial(definition=definition, cost_before=before, why_not=f"HypoPG could not try it: {failed}")
    finally:
        await forget(fetch)
        await fetch(f"SELECT {schema}.hypopg_reset()")


def _uses(node: PlanNode, name: str) -> bool:
    return node.index == name
