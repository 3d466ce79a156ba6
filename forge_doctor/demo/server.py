"""The shop's PostgreSQL: a server of our own with the roles and the database made, gone when the demo ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from forge_doctor.probes.throw_away.server import OwnServer, own_server

MAX_CONNECTIONS = 30


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[str]:
    """Initialise and start a server in `folder`; yields `host:port`."""
    async with own_server(folder, {"max_connections": str(MAX_CONNECTIONS)}, extra="demo") as server:
        await make_roles(server)
        yield f"{server.host}:{server.port}"


async def make_roles(server: OwnServer) -> None:
    """The shop's role and database, and a role that may look (pg_monitor) but owns nothing."""
    connection = await server.connect()
    try:
        for statement in (
            "CREATE ROLE shop LOGIN PASSWORD 'shop'",
            "CREATE ROLE doctor LOGIN PASSWORD 'doctor'",
            "GRANT pg_monitor TO doctor",
            "CREATE DATABASE shop OWNER shop",
        ):
            await connection.execute(statement)
    finally:
        await connection.close()
