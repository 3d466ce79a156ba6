"""Runs the shop's migrations; nothing is wrong in it."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from forge_doctor.demo.shop.database import engine
from forge_doctor.demo.shop.models import Base


def do_run_migrations(connection: Connection) -> None:
    """One transaction a revision; a lock that is not to be had in 4 s is not waited for."""
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        connection.execute(text("SET lock_timeout = '4s'"))
        context.run_migrations()


async def run_async_migrations() -> None:
    """Migrate over the shop's own engine."""
    async with engine.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await engine.dispose()


asyncio.run(run_async_migrations())
