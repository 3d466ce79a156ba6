"""The shop's engine and session factory."""

from __future__ import annotations

import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from forge_doctor.holders import install

# fault: pool-too-big
# 2 workers x (20 + 20) may open 80 connections on a server that has 33 to give.
engine = create_async_engine(
    os.environ.get("SHOP_DATABASE_URL", "postgresql+asyncpg://shop@127.0.0.1/shop"),
    pool_size=20,
    max_overflow=20,
    connect_args={"server_settings": {"application_name": "shop"}},
)
# Lets `forge-doctor pool` name the line that took each connection.
install(engine)
Session = async_sessionmaker(engine, expire_on_commit=False)
