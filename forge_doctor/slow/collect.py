"""Takes a snapshot: two looks at the statistics, sessions sampled between them, tables, plans; judges nothing.

One connection; every transaction is read-only and short.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from forge_doctor.probes.clock import utc_now
from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, connect, fetch_rows
from forge_doctor.probes.postgres.target import Target
from forge_doctor.slow.inference.accesses import accesses
from forge_doctor.slow.inference.proposals import each
from forge_doctor.slow.inference.skew import skewed
from forge_doctor.slow.queries import load_query, statements_query
from forge_doctor.slow.server.explain import explain, ranked, search_path
from forge_doctor.slow.server.hypothetical import try_indexes
from forge_doctor.slow.server.rare_values import plan_rare_values
from forge_doctor.slow.server.sampling import Sampler
from forge_doctor.slow.server.schema import Column, ForeignKey, Index, Table
from forge_doctor.slow.server.statistics import Look, statistics_of
from forge_doctor.slow.server.work import (
    NOT_CREATED,
    NOT_LOADED,
    NOT_READABLE,
    DatabaseDelta,
    Samples,
    ServerWork,
    Statistics,
)
from forge_doctor.slow.situation import WHOLE, Situation
from forge_doctor.slow.snapshot import SlowSnapshot
from forge_doctor.sql.shape import shape_of

SAMPLE_EVERY_S = 0.05
MOST = "pg_stat_statements.max"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to examine and how: `duration_s` between the two looks, 0 for totals since the reset; plans of the `top`
    worst statements by each ranking, none without `explain`."""

    target: Target
    duration_s: float = 5.0
    top: int = 10
    explain: bool = True
    connect_timeout_s: float = 3.0
    show_query: bool = True


async def collect(request: Request) -> SlowSnapshot:
    """The snapshot of one server; raises `CannotInspect` where it gives no session."""
    connection = await connect(request.target, connect_timeout_s=request.connect_timeout_s)
    try:
        work = await _Examination(connection, request).work()
    finally:
        connection.close()
    return SlowSnapshot(taken_at=utc_now(), target=request.target.label, server=work, show_query=request.show_query)


@dataclass(slots=True)
class _Examination:
    connection: Connection
    request: Request

    async def work(self) -> ServerWork:
        facts = await self._facts()
        settings: dict[str, str] = {key: str(value) for key, value in json.loads(facts["settings"] or "{}").items()}
        reader = await self._reader(facts["statements_schema"])
        state = _state(settings, reader)
        statistics, samples, delta = await self._between(reader if state is None else None, settings, state)
        unread: list[str] = []
        tables = tuple(Table(**row) for row in await self._rows("tables", unread))
        indexes = tuple(_index(row) for row in await self._rows("indexes", unread))
        keys = tuple(ForeignKey(**row) for row in await self._rows("foreign_keys", unread))
        work = ServerWork(
            version_num=facts["version_num"],
            role=facts["role"],
            database=facts["database"],
            sees_all=facts["sees_all"],
            in_recovery=facts["in_recovery"],
            hypopg=facts["hypopg_schema"] is not None,
            settings=settings,
            statistics=statistics,
            samples=samples,
            delta=delta,
            tables=tables,
            indexes=indexes,
            foreign_keys=keys,
            unread=tuple(unread),
            explained=self.request.explain,
        )
        if not self.request.explain:
            return replace(work, columns=await self._columns(work))
        path = search_path(facts["search_path"] or "", tuple(dict.fromkeys(one.schema for one in tables)))
        work = await self._rare(await self._planned(work, path), path)
        return await self._tried(work, facts["hypopg_schema"], path)

    async def _planned(self, work: ServerWork, path: str) -> ServerWork:
        """With the plans of the worst statements, and what is known of the columns of their tables."""
        worst = ranked(work.statistics.statements, self.request.top)
        planned = replace(work, plans=await explain(self.connection, worst, path))
        return replace(planned, columns=await self._columns(planned))

    async def _columns(self, work: ServerWork) -> tuple[Column, ...]:
        """Those of the tables that kept statements name."""
        names = {name for one in work.statistics.statements for name in shape_of(one.text, cut_at=WHOLE).tables}
        wanted = [f"{one.schema}.{one.name}" for one in work.tables if {one.name, f"{one.schema}.{one.name}"} & names]
        if not wanted:
            return ()
        return tuple(Column(**row) for row in await self._rows("columns", [], wanted))

    async def _rare(self, work: ServerWork, path: str) -> ServerWork:
        """With what the plans would be for a rare value, where a column has one value in most of its rows."""
        situation = Situation(SlowSnapshot(taken_at="", target="", server=work))
        wanted = [(one, case) for one in situation.statements if (case := skewed(one, situation)) is not None]
        if not wanted:
            return work
        rare = await plan_rare_values(self.connection, wanted, path)
        return replace(work, plans=tuple(replace(one, rare=rare.get(one.key)) for one in work.plans))

    async def _tried(self, work: ServerWork, schema: str | None, path: str) -> ServerWork:
        """With every index that would be proposed tried, where HypoPG is there."""
        situation = Situation(SlowSnapshot(taken_at="", target="", server=work))
        wanted = [
            (one.plan, one.text, proposal.definition)
            for one in situation.statements
            if one.plan is not None and one.plan.root is not None
            for proposal in each(accesses(one, situation), situation)
        ]
        if schema is None or not wanted:
            return work
        trials = await try_indexes(self.connection, schema, wanted, path)
        return replace(work, plans=tuple(replace(one, trials=trials.get(one.key, ())) for one in work.plans))

    async def _rows(self, name: str, unread: list[str], *arguments: Any) -> tuple[Mapping[str, Any], ...]:
        """The rows of a query without which the others still tell something; why there are none goes to `unread`."""
        try:
            return await fetch_rows(self.connection, self._query(name), *arguments)
        except QueryFailed as failed:
            unread.append(f"{name.replace('_', ' ')} could not be read: {failed}")
            return ()

    def _query(self, name: str) -> str:
        return load_query(name, self.connection.version_num // 10000)

    async def _facts(self) -> Mapping[str, Any]:
        return (await fetch_rows(self.connection, self._query("server")))[0]

    async def _reader(self, schema: str | None) -> _Reader | None:
        if schema is None:
            return None
        rows = await fetch_rows(self.connection, self._query("view_columns"), schema)
        columns = frozenset(row["name"] for row in rows if row["view"] == "pg_stat_statements")
        has_info = any(row["view"] == "pg_stat_statements_info" for row in rows)
        return _Reader(self.connection, schema, columns, has_info)

    async def _between(
        self, reader: _Reader | None, settings: Mapping[str, str], state: Statistics | None
    ) -> tuple[Statistics, Samples | None, DatabaseDelta | None]:
        """The statistics over the time, and what sessions did in it."""
        loop = asyncio.get_running_loop()
        duration_s = self.request.duration_s
        try:
            first = await reader.look(texts=False) if reader and duration_s else None
            before, began = (await self._database(), loop.time()) if duration_s else (None, loop.time())
            samples = await self._sample(duration_s) if duration_s else None
            last = await reader.look(texts=True) if reader else None
        except QueryFailed as failed:
            return Statistics(state=NOT_READABLE, detail=str(failed)), None, None
        window_s = loop.time() - began
        delta = _difference(before, await self._database(), window_s) if before else None
        if last is None:
            return state or Statistics(state=NOT_READABLE), samples, delta
        utility = settings.get("pg_stat_statements.track_utility", "on") == "on"
        most = int(settings[MOST]) if MOST in settings else None
        return statistics_of(last, first, window_s, most, utility=utility), samples, delta

    async def _database(self) -> Mapping[str, Any]:
        return (await fetch_rows(self.connection, self._query("database")))[0]

    async def _sample(self, duration_s: float) -> Samples:
        """Looks at all sessions every 50 ms; where one takes long, the next waits as long again, so that we are never
        more than half of a session's work."""
        loop, sampler = asyncio.get_running_loop(), Sampler()
        query, end = self._query("activity"), loop.time() + duration_s
        while True:
            began = loop.time()
            rows = await fetch_rows(self.connection, query)
            took_s = loop.time() - began
            sampler.add(rows, took_s * 1000)
            pause_s = max(SAMPLE_EVERY_S - took_s, took_s)
            if loop.time() + pause_s >= end:
                await asyncio.sleep(max(0.0, end - loop.time()))
                return sampler.samples()
            await asyncio.sleep(pause_s)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the view of the extension in its schema, by the columns it has."""

    connection: Connection
    schema: str
    columns: frozenset[str]
    has_info: bool

    async def look(self, *, texts: bool) -> Look:
        rows = await fetch_rows(self.connection, statements_query(self.schema, self.columns, texts=texts))
        if not self.has_info or not texts:
            return Look(rows=rows)
        from forge_doctor.sql.quoting import quote_identifier

        view = f"{quote_identifier(self.schema)}.pg_stat_statements_info"
        age = "extract(epoch FROM clock_timestamp() - stats_reset)::float8"
        info = await fetch_rows(self.connection, f"SELECT dealloc::bigint, {age} AS age_s FROM {view}")  # noqa: S608
        return Look(rows=rows, age_s=info[0]["age_s"], deallocations=info[0]["dealloc"])


def _state(settings: Mapping[str, str], reader: _Reader | None) -> Statistics | None:
    """Why the extension has nothing to tell, None where it has."""
    if MOST not in settings:
        return Statistics(state=NOT_LOADED)
    if reader is None or not reader.columns:
        return Statistics(state=NOT_CREATED)
    return None


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], window_s: float) -> DatabaseDelta:
    told: dict[str, Any] = {name: None if after[name] is None else max(0, after[name] - before[name]) for name in after}
    return DatabaseDelta(window_s=window_s, **told)


def _index(row: Mapping[str, Any]) -> Index:
    names = {name: tuple(json.loads(row[name] or "[]")) for name in ("keys", "includes")}
    return Index(**{**row, **names})
