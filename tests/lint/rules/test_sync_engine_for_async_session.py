"""An async session or factory with a synchronous engine is found; async engines and unknown ones are silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.lint_cases import check_source

RULE = "sync-engine-for-async-session"
HEAD = """\
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
plain = create_engine("postgresql+psycopg://localhost/shop")
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
"""
FOUND = (
    "make = async_sessionmaker(plain)  # expect high\n",
    "make = async_sessionmaker(bind=plain, expire_on_commit=False)  # expect high\n",
    "make = sessionmaker(plain, class_=AsyncSession)  # expect high\n",
    "def f(url: str):\n    own = create_engine(url)\n    return async_sessionmaker(own)  # expect high\n",
    "async def f():\n    async with AsyncSession(plain) as session:  # expect high\n        await session.commit()\n",
)
SILENT = (
    "make = async_sessionmaker(engine)\n",
    "make = sessionmaker(plain)\n",
    "make = sessionmaker(plain, class_=Session)\n",
    "make = sessionmaker(engine, class_=AsyncSession)\n",
    "def f(engine):\n    return async_sessionmaker(engine)\n",
    "make = async_sessionmaker(plain)\nmake.configure(bind=engine)\n",
    "import os\nif os.name:\n    plain = engine\nmake = async_sessionmaker(plain)\n",
    "make = async_sessionmaker()\n",
    "def f(engine: Engine):\n    return sessionmaker(engine, class_=AsyncSession)\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_a_synchronous_engine_is_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


def test_sqlalchemy_refuses_it() -> None:
    with pytest.raises(ArgumentError, match="AsyncEngine expected"):
        AsyncSession(create_engine("sqlite://"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "use", "mark"),
    [
        ("tests/test_one.py", "", ""),
        ("tests/test_one.py", "def test_it():\n    make()\n", "  # expect high"),
        ("tests/common.py", "", "  # expect high"),
    ],
)
def test_what_a_test_makes_and_never_uses_fails_nowhere(name: str, use: str, mark: str, tmp_path: Path) -> None:
    code = f"{HEAD}plain = create_engine('sqlite://')\nmake = async_sessionmaker(plain){mark}\n{use}"
    check_source({name: code}, RULE, tmp_path)
