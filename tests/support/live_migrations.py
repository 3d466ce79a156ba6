"""A database and its migrations for tests: snapshots built by hand, trees written to a folder, real looks judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forge_doctor.finding import Finding
from forge_doctor.migrations.history import History
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.live.collect import LiveRequest, collect_live
from forge_doctor.migrations.live.run import run_live
from forge_doctor.migrations.live.snapshot import LiveServer, LiveSnapshot, TableSize, VersionTable
from forge_doctor.migrations.tree.places import places
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from tests.support.migration_trees import revision, shop, write

Limits = Mapping[str, Mapping[str, float]]
SERVER = LiveServer(
    version_num=180000,
    role="deployer",
    database="shop",
    sees_all=True,
    in_recovery=False,
    search_path='"$user", public',
    timezone="UTC",
    lock_timeout_ms=0,
    tables=2,
)
ORDERS = TableSize(schema="public", name="orders", size_bytes=4 << 30, indexes_bytes=1 << 30, rows=40_000_000)
CLIENTS = """op.create_table("clients", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("bills", sa.Column("id", sa.Integer, primary_key=True))"""
INDEX = 'op.create_index("ix_note", "orders", ["note"])'


def at(*revisions: str, schema: str = "public", name: str = "alembic_version", **more: Any) -> VersionTable:
    """A version table with these rows."""
    return VersionTable(schema=schema, name=name, owner="deployer", revisions=revisions, **more)


def sizes(*names: str) -> tuple[TableSize, ...]:
    """Small tables of these names."""
    return tuple(TableSize(schema="public", name=name, size_bytes=8192, indexes_bytes=0, rows=0) for name in names)


def snapshot(**overrides: Any) -> LiveSnapshot:
    """A database at the shop's second revision, in order."""
    told: dict[str, Any] = {
        "taken_at": "2026-01-01T00:00:00+00:00",
        "target": "deployer@db:5432/shop",
        "server": SERVER,
        "version_tables": (at("b002"),),
        "tables": (ORDERS, *sizes("clients", "bills")),
    }
    return LiveSnapshot(**(told | overrides))


def tree(folder: Path, **more: str) -> History:
    """The shop's three revisions: orders, clients and bills, an index that is not concurrent; `more` are other files."""
    files = {
        "b002": revision("b002", "a001", CLIENTS, 'op.drop_table("clients")'),
        "c003": revision("c003", "b002", INDEX, 'op.drop_index("ix_note", "orders")'),
    }
    write(folder, shop(**(files | more)))
    return read(next(iter(places(folder))), folder)


def judge(seen: LiveSnapshot, *histories: History, limits: Limits | None = None) -> Report:
    """The report on a snapshot with every check."""
    return run_live(seen, histories, Settings(limits=limits or {}))


async def look(dsn: str) -> LiveSnapshot:
    """A snapshot of the database at `dsn`."""
    return await collect_live(LiveRequest(target=resolve_targets((dsn,))[0]))


def told(report: Report, check: str) -> list[Finding]:
    """The findings of one check."""
    return [one for one in report.findings if one.check == check]


def session(pid: int, **more: Any) -> Session:
    """A client of the shop's database."""
    fields: dict[str, Any] = {"user": "deployer", "database": "shop", "state": "active", "query_age_s": 20.0}
    return Session(pid=pid, **(fields | more))


def wants(pid: int, mode: str = "AccessExclusiveLock", *, granted: bool = False) -> Lock:
    """A lock of the orders."""
    return Lock(pid=pid, kind="relation", mode=mode, granted=granted, relation="orders")
