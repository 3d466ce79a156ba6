"""Takes one look at a database over one connection, in short read-only transactions; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.migrations.live.snapshot import (
    InvalidIndex,
    LiveServer,
    LiveSnapshot,
    LockTimeout,
    TableSize,
    UnvalidatedConstraint,
    VersionTable,
)
from forge_doctor.probes.clock import utc_now
from forge_doctor.probes.postgres.backends import rows as backends
from forge_doctor.probes.postgres.backends.session import Lock
from forge_doctor.probes.postgres.errors import QueryFailed
from forge_doctor.probes.postgres.look import Connection, Fetch, connect, fetch_rows, read_only, understood
from forge_doctor.probes.postgres.target import Target
from forge_doctor.sql.quoting import quote_identifier

QUERIES = Path(__file__).parent / "queries"
MOST_REVISIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRequest:
    """Which database to look at."""

    target: Target
    connect_timeout_s: float = 3.0


async def collect_live(request: LiveRequest) -> LiveSnapshot:
    """The snapshot of one database; raises `CannotInspect` where it gives no session or refuses a query."""
    connection = await connect(request.target, connect_timeout_s=request.connect_timeout_s)
    try:
        with understood(connection):
            return await _look(connection, request.target)
    finally:
        connection.close()


async def _look(connection: Connection, target: Target) -> LiveSnapshot:
    major = connection.version_num // 10000
    async with read_only(connection) as fetch:
        server = (await fetch(_query("server")))[0]
        timeouts = tuple(LockTimeout(**row) for row in await fetch(_query("lock_timeouts")))
        found = await fetch(_query("version_tables"))
        sessions = tuple(backends.session_of(row) for row in await fetch(backends.load_query("sessions", major)))
        locks = tuple(Lock(**row) for row in await fetch(backends.load_query("locks", major)))
        migrators = await _migrators(fetch, found)
        progress = {str(row["pid"]): row["progress"] for row in await fetch(_query("progress"))}
        indexes = tuple(InvalidIndex(**row) for row in await fetch(_query("invalid_indexes")))
        unvalidated = tuple(UnvalidatedConstraint(**row) for row in await fetch(_query("unvalidated")))
    return LiveSnapshot(
        taken_at=utc_now(),
        target=target.label,
        server=LiveServer(**server, lock_timeouts=timeouts),
        version_tables=tuple([await _version_table(connection, row) for row in found]),
        invalid_indexes=indexes,
        unvalidated=unvalidated,
        tables=await _tables(connection),
        sessions=sessions,
        locks=locks,
        migrators=migrators,
        progress=progress,
    )


async def _tables(connection: Connection) -> tuple[TableSize, ...]:
    """The tables; by their pages of the last vacuum where a lock that somebody holds keeps the sizes from being read."""
    try:
        rows = await fetch_rows(connection, _query("tables"))
    except QueryFailed:
        rows = await fetch_rows(connection, _query("tables_by_pages"))
    return tuple(TableSize(**row) for row in rows)


async def _version_table(connection: Connection, row: Mapping[str, Any]) -> VersionTable:
    table = VersionTable(schema=row["schema"], name=row["name"], owner=row["owner"], revisions=None)
    if not row["readable"]:
        return table
    name = f"{quote_identifier(table.schema)}.{quote_identifier(table.name)}"
    query = f"SELECT version_num FROM {name} ORDER BY 1 LIMIT {MOST_REVISIONS}"  # noqa: S608 - quoted
    try:
        told = await fetch_rows(connection, query)
    except QueryFailed:  # some env.py takes ACCESS EXCLUSIVE on it, so that two migrations don't run at once
        return replace(table, locked=True)
    return replace(table, revisions=tuple(one["version_num"] for one in told))


async def _migrators(fetch: Fetch, found: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    return tuple(row["pid"] for row in await fetch(_query("migrators"), [row["id"] for row in found]))


def _query(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
