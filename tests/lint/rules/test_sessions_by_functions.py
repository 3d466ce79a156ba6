"""Sessions that come by a function: one that returns what its factory gives, and a generator that is asked for one value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

DB = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

made = None

def engine():
    global made
    if made is None:
        made = create_async_engine("postgresql+asyncpg://localhost/shop"{pool})
    return made

async def get_db():
    async with async_sessionmaker(engine())() as session:
        yield session

def new_session() -> AsyncSession:
    {given}
"""
TASK = """\
import asyncio
from celery import shared_task
from sqlalchemy import text
from app.db import new_session

async def work():
    async with new_session() as session:
        await session.execute(text("SELECT 1"))

@shared_task
def task():
    asyncio.run(work()){mark}
"""


@pytest.mark.parametrize(
    ("given", "pool", "told"),
    [
        ("return async_sessionmaker(engine())()", "", True),
        ("factory = async_sessionmaker(engine())\n    return factory()", "", True),
        ("return AsyncSession(engine())", "", True),
        ("return async_sessionmaker(engine())()", ", poolclass=NullPool", False),
        ("return async_sessionmaker(unknown())()", "", False),
    ],
)
def test_the_engine_of_a_session_that_a_function_gives_is_known(
    given: str, pool: str, told: bool, tmp_path: Path
) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DB.format(given=given, pool=pool),
        "app/tasks.py": TASK.format(mark="  # expect" if told else ""),
    }
    check_source(files, "engine-across-event-loops", tmp_path)


WORKER = """\
from app.db import get_db, numbers

async def {hook}(ctx):
    {line}
"""


@pytest.mark.parametrize(
    ("hook", "line", "told"),
    [
        ("startup", 'ctx["db"] = await anext(get_db())', True),
        ("on_startup", 'ctx["db"] = await anext(get_db())', True),
        ("startup", 'ctx["n"] = next(numbers())', False),
        ("startup", "db = await anext(get_db())", False),
        ("job", 'ctx["db"] = await anext(get_db())', False),
    ],
)
def test_a_session_that_a_generator_lends_for_the_life_of_a_worker_is_shared(
    hook: str, line: str, told: bool, tmp_path: Path
) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DB.format(given="return AsyncSession(engine())", pool="") + "\ndef numbers():\n    yield 1\n",
        "app/worker.py": WORKER.format(hook=hook, line=line + ("  # expect medium" if told else "")),
    }
    check_source(files, "global-session", tmp_path)


def test_a_script_may_ask_the_generator_for_its_only_session(tmp_path: Path) -> None:
    script = "from app.db import get_plain\n\ndb = next(get_plain())\nprint(db)\ndb.close()\n"
    plain = "from sqlalchemy.orm import Session\ndef get_plain():\n    with Session(None) as db:\n        yield db\n"
    files = {"app/__init__.py": "", "app/db.py": plain, "list_users.py": script}
    check_source(files, "global-session", tmp_path)
