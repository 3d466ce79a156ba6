"""The shop's PostgreSQL: a server of our own with the roles and the database made, gone when the demo ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from forge_doctor.probes.throw_away.server import OwnServer, own_server

# Two workers keep up to seven connections for requests each; with 14 leaked and our own the shop must not run out.
MAX_CONNECTIONS = 36


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[str]:
    """Initialise and start a server in `folder`; yields `host:port`."""
    settings = {"max_connections": str(MAX_CONNECTIONS), "shared_preload_libraries": "pg_stat_statements"}
    async with own_server(folder, settings, extra="demo") as server:
        await make_roles(server)
        yield f"{server.host}:{server.port}"


async def make_roles(server: OwnServer) -> None:
    """The shop's role and database, and a role that may look (pg_monitor, pg_read_all_data) but owns nothing."""
    connection = await server.connect()
    try:
        for statement in (
            "CREATE ROLE shop LOGIN PASSWORD 'shop'",
            "CREATE ROLE doctor LOGIN PASSWORD 'doctor'",
            "GRANT pg_monitor, pg_read_all_data TO doctor",
            "CREATE DATABASE shop OWNER shop",
        ):
            await connection.execute(statement)
    finally:
        await connection.close()
    connection = await server.connect("shop")
    try:
        await connection.execute("CREATE EXTENSION pg_stat_statements")
    finally:
        await connection.close()
