"""What sources tried by several rules begin with; each test adds the few lines that matter."""

from __future__ import annotations

# For rules about `await`.
AWAITS = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
Factory = async_sessionmaker()
engine = create_async_engine("x")
"""
# For rules about queries, sync sessions and blocking calls.
QUERIES = """\
import asyncio, time, subprocess, requests
from sqlalchemy import Connection, Text
from sqlalchemy.orm import Session, sessionmaker, DeclarativeBase, relationship
from sqlalchemy.ext.asyncio import AsyncSession, AsyncConnection, async_sessionmaker, create_async_engine
Factory = async_sessionmaker()
SyncFactory = sessionmaker()
class User(DeclarativeBase):
    __tablename__ = "users"
    id: int
    name: str
"""
# For rules about engines, their pools and URLs.
ENGINES = """\
import os
from sqlalchemy import create_engine, engine_from_config, URL
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_engine_from_config, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool, QueuePool, AsyncAdaptedQueuePool
A = "postgresql+asyncpg://app@db/shop"
S = "postgresql+psycopg2://app@db/shop"
"""
# For rules about FastAPI's dependencies.
DEPENDENCIES = """\
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Annotated
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("x")
Factory = async_sessionmaker(engine)
app = FastAPI()
async def get_db():
    async with Factory() as s:
        yield s
"""
# For rules about sessions in several tasks, or kept for everybody.
TASKS = """\
import asyncio
from fastapi import BackgroundTasks, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
engine = create_async_engine("x")
Factory = async_sessionmaker(engine)
async def get_db():
    async with Factory() as s:
        yield s
async def load(s: AsyncSession, x=0): ...
async def alone(x=0): ...
"""
# For rules about sessions that nobody closes.
LEAKS = """\
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("x")
Factory = async_sessionmaker(engine)
"""
