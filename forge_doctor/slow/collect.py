"""Takes a snapshot: two looks at the statistics, sessions sampled between them, tables, plans; judges nothing.

One connection; every transaction is read-only and short.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.probes.clock import utc_now
from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch, Row, connect, fetch_rows, reads, understood
from forge_doctor.probes.postgres.target import Target
from forge_doctor.slow.queries import load_query, statements_query
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
from forge_doctor.slow.situation import WHOLE
from forge_doctor.slow.snapshot import SlowSnapshot
from forge_doctor.sql.shape import shape_of

SAMPLE_EVERY_S = 0.05
MOST = "pg_stat_statements.max"
FEWEST_CHANGED, MOST_CHANGED = 1_000, 50


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
        with understood(connection):
            work = await _work(connection, request)
    finally:
        connection.close()
    return SlowSnapshot(taken_at=utc_now(), target=request.target.label, server=work, show_query=request.show_query)


async def _work(connection: Connection, request: Request) -> ServerWork:
    examination = _Examination(connection, request)
    work, facts = await examination.work()
    work = await examination.seen_again(work)
    if not request.explain:
        return work
    from forge_doctor.slow.plans import with_plans

    return await with_plans(connection, work, request.top, facts["search_path"], facts["hypopg_schema"])


@dataclass(slots=True)
class _Examination:
    """The looks at one server, in two transactions with the time between them, or in one where there is none."""

    connection: Connection
    request: Request

    async def work(self) -> tuple[ServerWork, Row]:
        """All but the plans, and the facts that they need."""
        async with reads(self.connection) as fetch:
            facts = (await fetch(self._query("server")))[0]
            settings: dict[str, str] = {key: str(value) for key, value in json.loads(facts["settings"] or "{}").items()}
            reader = _reader(facts)
            state = _state(settings, reader)
            known = _Known(facts=facts, settings=settings, state=state, reader=reader if state is None else None)
            if not self.request.duration_s:
                return await self._seen(fetch, known, _Before()), facts
            before = await self._before(fetch, known)
        if before.failed is None:
            before = await self._sampled(before)
        async with reads(self.connection) as fetch:
            return await self._seen(fetch, known, before), facts

    async def _before(self, fetch: Fetch, known: _Known) -> _Before:
        """The first look of two."""
        try:
            first = await known.reader.look(fetch, texts=False) if known.reader else None
            database = (await fetch(self._query("database")))[0]
        except QueryFailed as failed:
            return _Before(failed=str(failed))
        return _Before(look=first, database=database, at_s=asyncio.get_running_loop().time())

    async def _seen(self, fetch: Fetch, known: _Known, before: _Before) -> ServerWork:
        """The last look, and the catalog."""
        statistics, delta = await self._after(fetch, known, before)
        unread = [*before.unread]
        tables = tuple(Table(**row) for row in await self._rows(fetch, "tables", unread))
        work = ServerWork(
            version_num=known.facts["version_num"],
            role=known.facts["role"],
            database=known.facts["database"],
            sees_all=known.facts["sees_all"],
            in_recovery=known.facts["in_recovery"],
            hypopg=known.facts["hypopg_schema"] is not None,
            settings=known.settings,
            statistics=statistics,
            samples=before.samples,
            delta=delta,
            tables=tables,
            indexes=tuple(_index(row) for row in await self._rows(fetch, "indexes", unread)),
            foreign_keys=tuple(ForeignKey(**row) for row in await self._rows(fetch, "foreign_keys", unread)),
            explained=self.request.explain,
        )
        return replace(work, columns=await self._columns(fetch, work), unread=tuple(unread))

    async def _columns(self, fetch: Fetch, work: ServerWork) -> tuple[Column, ...]:
        """Those of the tables that kept statements name."""
        names = {name for one in work.statistics.statements for name in shape_of(one.text, cut_at=WHOLE).tables}
        wanted = [f"{one.schema}.{one.name}" for one in work.tables if {one.name, f"{one.schema}.{one.name}"} & names]
        if not wanted:
            return ()
        return tuple(Column(**row) for row in await self._rows(fetch, "columns", [], wanted))

    async def _rows(self, fetch: Fetch, name: str, unread: list[str], *arguments: Any) -> tuple[Row, ...]:
        """The rows of a query without which the others still tell something; why there are none goes to `unread`."""
        try:
            return await fetch(self._query(name), *arguments)
        except QueryFailed as failed:
            unread.append(f"{name.replace('_', ' ')} could not be read: {failed}")
            return ()

    async def seen_again(self, work: ServerWork) -> ServerWork:
        """With another look at the tables of which much seems changed since they were analysed: in a transaction of its
        own, since in one the counters stand still."""
        named = {f"{one.schema}.{one.name}": one for one in work.tables if one.changed >= FEWEST_CHANGED}
        wanted = sorted(named, key=lambda name: -named[name].changed)[:MOST_CHANGED]
        if not wanted:
            return work
        async with reads(self.connection) as fetch:
            rows = await self._rows(fetch, "changed_tables", [], wanted)
        again = {(row["schema"], row["name"]): row for row in rows}
        tables = (replace(one, **again.get((one.schema, one.name), {})) for one in work.tables)
        return replace(work, tables=tuple(tables))

    def _query(self, name: str) -> str:
        return load_query(name, self.connection.version_num // 10000)

    async def _after(self, fetch: Fetch, known: _Known, before: _Before) -> tuple[Statistics, DatabaseDelta | None]:
        """The statistics over the time, or since the reset."""
        window_s = asyncio.get_running_loop().time() - before.at_s
        try:
            if before.failed is not None:
                return Statistics(state=NOT_READABLE, detail=before.failed), None
            last = await known.reader.look(fetch, texts=True) if known.reader else None
            delta = None
            if before.database is not None:
                delta = _difference(before.database, (await fetch(self._query("database")))[0], window_s)
        except QueryFailed as failed:
            return Statistics(state=NOT_READABLE, detail=str(failed)), None
        if last is None:
            return known.state or Statistics(state=NOT_READABLE), delta
        utility = known.settings.get("pg_stat_statements.track_utility", "on") == "on"
        most = int(known.settings[MOST]) if MOST in known.settings else None
        return statistics_of(last, before.look, window_s, most, utility=utility), delta

    async def _sampled(self, before: _Before) -> _Before:
        """Looks at all sessions every 50 ms; where one takes long, the next waits as long again, so that we are never
        more than half of a session's work. Each is a transaction of its own: in one, sessions stand still."""
        loop, sampler, failed = asyncio.get_running_loop(), Sampler(), ""
        end = loop.time() + self.request.duration_s
        while True:
            began = loop.time()
            failed = await self._sample(sampler) or failed
            took_s = loop.time() - began
            pause_s = max(SAMPLE_EVERY_S - took_s, took_s)
            if loop.time() + pause_s >= end:
                break
            await asyncio.sleep(pause_s)
        await asyncio.sleep(max(0.0, end - loop.time()))
        if failed and not sampler.looks:
            return replace(before, unread=(f"sessions could not be looked at: {failed}",))
        return replace(before, samples=sampler.samples())

    async def _sample(self, sampler: Sampler) -> str:
        """One look; what a busy server gives up is none, and why is told."""
        began = asyncio.get_running_loop().time()
        try:
            rows = await fetch_rows(self.connection, self._query("activity"))
        except QueryFailed as failed:
            return str(failed)
        sampler.add(rows, (asyncio.get_running_loop().time() - began) * 1000)
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of the server before anything is read; `state` says why its statistics can't be."""

    facts: Row
    settings: Mapping[str, str]
    state: Statistics | None
    reader: _Reader | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """The first look, by our clock at `at_s`, and what sessions did since; `failed` where it could not be had, `unread` where
    that could not."""

    look: Look | None = None
    database: Row | None = None
    at_s: float = 0.0
    failed: str | None = None
    samples: Samples | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the view of the extension in its schema, by the columns it has."""

    schema: str
    columns: frozenset[str]
    has_info: bool

    async def look(self, fetch: Fetch, *, texts: bool) -> Look:
        rows = await fetch(statements_query(self.schema, self.columns, texts=texts))
        if not self.has_info or not texts:
            return Look(rows=rows)
        from forge_doctor.sql.quoting import quote_identifier

        view = f"{quote_identifier(self.schema)}.pg_stat_statements_info"
        age = "extract(epoch FROM clock_timestamp() - stats_reset)::float8"
        info = await fetch(f"SELECT dealloc::bigint, {age} AS age_s FROM {view}")  # noqa: S608
        return Look(rows=rows, age_s=info[0]["age_s"], deallocations=info[0]["dealloc"])


def _reader(facts: Row) -> _Reader | None:
    if facts["statements_schema"] is None:
        return None
    views = json.loads(facts["statements_views"] or "{}")
    columns = frozenset(views.get("pg_stat_statements", ()))
    return _Reader(facts["statements_schema"], columns, "pg_stat_statements_info" in views)


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
