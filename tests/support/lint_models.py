"""A small project for rules that need one: models in one file, the session's factory and dependency in another."""

from __future__ import annotations

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, mapped_column, relationship

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age = Column(Integer)
    orders: Mapped[list["Order"]] = relationship(back_populates="user")
    groups: Mapped[list["Group"]] = relationship(lazy="selectin")
    notes: Mapped[list["Note"]] = relationship(lazy="raise")
    visits: WriteOnlyMapped["Visit"] = relationship()
    logins: DynamicMapped["Login"] = relationship()
    clicks = relationship("Click", lazy="dynamic")
    tags: Mapped[list["Tag"]] = relationship(**{"lazy": "joined"})

    def label(self):
        return self.name

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User"] = relationship(back_populates="orders")
"""
DB = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(engine{options})

async def get_db():
    async with Session() as session:
        yield session
"""
HEAD = """\
from typing import Annotated
import httpx
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from app.db import Session, engine, get_db
from app.models import Order, User

router = APIRouter()
"""


def project(code: str, *, options: str = "") -> dict[str, str]:
    """The files, with `code` behind the imports it needs; `options` go to the factory."""
    return {
        "pyproject.toml": "",
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/db.py": DB.format(options=options),
        "app/code.py": HEAD + code,
    }
