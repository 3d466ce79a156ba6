"""Small projects whose revisions are tried on a throw-away server, written to a folder in our own words."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from forge_doctor.migrations.round_trip.collect import TripRequest, collect_round_trip
from forge_doctor.migrations.round_trip.handover import Application
from forge_doctor.migrations.round_trip.trial import RoundTrip
from forge_doctor.probes.postgres.dsn import resolve_targets
from tests.support.migration_trees import INI, revision, write
from tests.support.postgres import PostgresServer

ENV = """
import asyncio
import os

from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def run():
    engine = create_async_engine(os.environ["SHOP_DATABASE_URL"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run())
"""


def project(folder: Path, env: str = ENV, ini: str = INI, **revisions: str) -> Path:
    """A folder with alembic.ini, env.py and these revisions."""
    files = {"alembic.ini": ini, "migrations/env.py": env}
    return write(folder, files | {f"migrations/versions/{stem}.py": text for stem, text in revisions.items()})


def chain(*steps: tuple[str, str]) -> dict[str, str]:
    """Revisions r1, r2, ... that follow each other: what each does up and down."""
    ids = [f"r{number}" for number in range(1, len(steps) + 1)]
    parents = [None, *ids]
    return {one: revision(one, parents[at], *steps[at]) for at, one in enumerate(ids)}


def application(folder: Path, **more: Any) -> Application:
    """How the project is run: by the Python of the tests, without a database in its environment."""
    import os

    environment = {
        name: value for name, value in os.environ.items() if "DATABASE" not in name and not name.startswith("PG")
    }
    fields: dict[str, Any] = {
        "config": folder / "alembic.ini",
        "folder": folder,
        "python": sys.executable,
        "environment": environment,
    }
    return Application(**(fields | more))


def travel(folder: Path, server: PostgresServer, **more: Any) -> RoundTrip:
    """The journey on that server, which the tests share."""
    target = resolve_targets((server.dsn(),))[0]
    of_application = {name: more.pop(name) for name in ("x", "environment", "config") if name in more}
    request = TripRequest(application=application(folder, **of_application), server=target, here=folder, **more)
    return asyncio.run(collect_round_trip(request))
