"""Asks for the plans of the worst statements, for a rare value where that may matter, and tries indexes; judges nothing."""

from __future__ import annotations

from forge_doctor.dataclass import replace
from forge_doctor.probes.postgres.look import Connection
from forge_doctor.slow.inference.accesses import accesses
from forge_doctor.slow.inference.proposals import each
from forge_doctor.slow.inference.skew import skewed
from forge_doctor.slow.server.explain import explain, ranked, search_path
from forge_doctor.slow.server.hypothetical import try_indexes
from forge_doctor.slow.server.rare_values import plan_rare_values
from forge_doctor.slow.server.work import ServerWork
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.snapshot import SlowSnapshot


async def with_plans(
    connection: Connection, work: ServerWork, top: int, own_path: str | None, hypopg_schema: str | None
) -> ServerWork:
    """The same with plans; names are looked up as our role would (`own_path`), then in every schema that has tables."""
    worst = ranked(work.statistics.statements, top)
    if not worst:
        return work
    path = search_path(own_path or "", tuple(dict.fromkeys(one.schema for one in work.tables)))
    planned = replace(work, plans=await explain(connection, worst, path))
    return await _tried(connection, await _rare(connection, planned, path), hypopg_schema, path)


async def _rare(connection: Connection, work: ServerWork, path: str) -> ServerWork:
    """With what the plans would be for a rare value, where a column has one value in most of its rows."""
    situation = Situation(SlowSnapshot(taken_at="", target="", server=work))
    wanted = [(one, case) for one in situation.statements if (case := skewed(one, situation)) is not None]
    if not wanted:
        return work
    rare = await plan_rare_values(connection, wanted, path)
    return replace(work, plans=tuple(replace(one, rare=rare.get(one.key)) for one in work.plans))


async def _tried(connection: Connection, work: ServerWork, schema: str | None, path: str) -> ServerWork:
    """With every index that would be proposed tried, where HypoPG is there."""
    if schema is None:
        return work
    situation = Situation(SlowSnapshot(taken_at="", target="", server=work))
    wanted = [
        (one.plan, one.text, proposal.definition)
        for one in situation.statements
        if one.plan is not None and one.plan.root is not None
        for proposal in each(accesses(one, situation), situation)
    ]
    if not wanted:
        return work
    trials = await try_indexes(connection, schema, wanted, path)
    return replace(work, plans=tuple(replace(one, trials=trials.get(one.key, ())) for one in work.plans))
