"""A sync session that waits for the database in an `async def` is found; in a thread, or a plain `def`, it is not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_heads import QUERIES

RULE = "sync-session-in-async-def"
FOUND = (
    "async def f(ctx, db: Session):\n    async with ctx.threadpool():\n        pass\n    db.commit()  # expect high\n",
    "async def f(ctx, db: Session):\n    async with ctx.lock():\n        db.commit()  # expect high\n",
    "async def f(db: Session):\n    db.add(1)\n    db.commit()  # expect high\n    db.refresh(1)\n",
    "async def f():\n    with SyncFactory() as s:\n        return s.get(User, 1)  # expect high\n",
    """\
from fastapi import Depends
def get_db():
    with SyncFactory() as s:
        yield s
async def endpoint(db=Depends(get_db)):
    return db.scalars(1).all()  # expect high
""",
    """\
class Repo:
    def __init__(self, db: Session):
        self.db = db
    async def all(self):
        return self.db.scalars(1).all()  # expect high
""",
    "async def f(db: Session):\n    return db.query(User).all()  # expect high\n",
    "from sqlmodel import Session as S\nasync def f(db: S):\n    return db.exec(1).all()  # expect high\n",
    """\
async def f(engine):
    with Session(engine) as s:
        s.execute(1)  # expect high
        s.commit()
""",
)
SILENT = (
    "async def f(ctx, db: Session):\n    async with ctx.threadpool():\n        db.commit()\n",
    "from asyncio_extras import threadpool\nasync def f(db: Session):\n    async with threadpool():\n        db.commit()\n",
    # A framework does not look at the type: this is an AsyncSession, and there is another fault to tell.
    """\
from fastapi import Depends
async def get_db():
    async with Factory() as s:
        yield s
async def endpoint(db: Session = Depends(get_db)):
    return db.query(User).all()
""",
    """\
from fastapi import Depends
async def get_db():
    async with Factory() as s:
        yield s
async def endpoint(db: Annotated[Session, Depends(get_db)]):
    db.commit()
""",
    "def f(db: Session):\n    db.commit()\n",
    "async def f(db: AsyncSession):\n    await db.commit()\n",
    "async def f(db: Session):\n    await db.commit()\n    await db.execute(1)\n",
    "async def f(db: Session):\n    await asyncio.to_thread(db.commit)\n",
    "async def f(db: Session):\n    await asyncio.to_thread(lambda: db.commit())\n",
    "async def f(db: AsyncSession):\n    db.sync_session.get(User, 1)\n",
    "async def f(db: Session):\n    def work():\n        db.commit()\n    await asyncio.to_thread(work)\n",
    "async def f(db: Session):\n    db.add(1)\n    db.expunge_all()\n",
    "import requests\nasync def f():\n    session = requests.Session()\n    return session.get('x')\n",
    "class Session:\n    def commit(self): ...\nasync def f(db: Session):\n    db.commit()\n",
    """\
from unittest.mock import MagicMock
async def f():
    db = MagicMock(spec=Session)
    db.commit()
""",
    "async def f(db: AsyncSession):\n    return await db.run_sync(lambda s: s.execute(1).all())\n",
    """\
from fastapi.concurrency import run_in_threadpool
async def f(db: Session):
    return await run_in_threadpool(db.execute, 1)
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_sync_session_that_blocks_the_loop_is_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_sync_session_that_blocks_no_loop_is_silent(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


def test_a_session_is_known_across_modules(tmp_path: Path) -> None:
    files = {
        "app/db.py": "from sqlalchemy.orm import sessionmaker\nSessionLocal = sessionmaker()\n"
        "def get_db():\n    db = SessionLocal()\n    try:\n        yield db\n    finally:\n        db.close()\n",
        "app/__init__.py": "",
        "app/api.py": textwrap.dedent(
            """\
            from typing import Annotated
            from fastapi import Depends
            from sqlalchemy.orm import Session
            from app.db import get_db
            DB = Annotated[Session, Depends(get_db)]
            async def read(db: DB):
                return db.execute(1).all()  # expect high
            def read_sync(db: DB):
                return db.execute(1).all()
            """
        ),
    }
    check_source(files, RULE, tmp_path)


def test_sync_sessions_in_async_tests_are_left_alone(tmp_path: Path) -> None:
    code = "from sqlalchemy.orm import Session\nasync def test_x(db: Session):\n    db.commit()\n"
    assert lint_source({"tests/test_x.py": code}, RULE, tmp_path) == ()


def test_a_class_and_a_module_are_told_once_with_their_count(tmp_path: Path) -> None:
    code = """\
class Repo:
    def __init__(self, db: Session):
        self.db = db
    async def all(self):
        return self.db.scalars(1).all()  # expect high
    async def save(self):
        self.db.flush()
        self.db.commit()
async def one(db: Session):
    db.commit()  # expect high
async def two(db: Session):
    await asyncio.sleep(1)
    db.commit()
def three(db: Session):
    db.commit()
"""
    own, module = sorted(check_source(QUERIES + code, RULE, tmp_path), key=lambda one: one.location.line or 0)
    assert "like 2 more calls in 2 functions of class Repo" in own.message
    assert "like 1 more calls in 2 functions of this module" in module.message
    assert own.evidence[0].value == 3
    assert [one.message for one in own.related] == ["self.db.flush() in save()"]
    assert own.remedy.startswith("make all(), save() plain `def`")
    assert "\n" not in own.remedy
    assert module.remedy.startswith("make one() plain `def`")
    assert "\ntwo(): await other things" in module.remedy


@pytest.mark.parametrize(
    "line", ["await asyncio.sleep(1)", "async with x: ...", "async for y in x: ...", "return [y async for y in x]"]
)
def test_who_awaits_is_not_told_to_be_plain(line: str, tmp_path: Path) -> None:
    (found,) = lint_source(f"{QUERIES}async def f(db: Session, x):\n    db.commit()\n    {line}\n", RULE, tmp_path)
    assert "plain `def`" not in found.remedy
    assert "to_thread" in found.remedy


CONTRADICTED = (
    "async def f(db: Session):\n    await db.flush()\nasync def g(db: Session):\n    return db.execute(1)\n",
    "async def g(db: Session):\n    return db.execute(1)\nasync def f(db: AsyncSession):\n    return await g(db)\n",
    (
        "class R:\n    def __init__(self, db: Session):\n        self._db = db\n    async def g(self):\n"
        "        return self._db.execute(1)\nasync def f(s: AsyncSession):\n    return await R(db=s).g()\n"
    ),
)


@pytest.mark.parametrize("code", CONTRADICTED)
def test_an_annotation_that_is_contradicted_is_not_believed(code: str, tmp_path: Path) -> None:
    assert lint_source(QUERIES + code, RULE, tmp_path) == ()


@pytest.mark.parametrize(
    ("makers", "told"),
    [
        ("create_async_engine('x')", False),
        ("create_async_engine('x')\nsessionmaker(1, class_=AsyncSession)", False),
        ("create_async_engine('x')\nsessionmaker(1)", True),
        ("create_async_engine('x')\nsa.create_engine('x')", True),
        ("", True),
    ],
)
def test_where_only_async_engines_are_made_no_session_is_a_sync_one(makers: str, told: bool, tmp_path: Path) -> None:
    code = "from sqlalchemy.orm import Session\nasync def g(db: Session):\n    return db.execute(1)\n"
    assert bool(lint_source({"app/db.py": makers + "\n", "app/a.py": code}, RULE, tmp_path)) is told


DATABASE = """\
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, sessionmaker
engine = create_engine("postgresql://localhost/x")
Factory = sessionmaker(engine)

def ping():
    with engine.connect() as connection:
        connection.execute(text("select 1"))

def names():
    with Factory() as session:
        return session.scalars(select(1)).all()

def counted():
    return len(names())

def statement():
    return select(1)

def begun(session: Session):
    found = session.query(int).filter(True)
    return found.order_by(1)

def again(session: Session):
    return begun(session).limit(3)

class Users:
    def all(self, session: Session):
        return session.scalars(select(1)).all()

users = Users()
"""
ROUTES = "import asyncio\nfrom fastapi import APIRouter\nfrom database import *\nfrom sqlalchemy.orm import Session\nrouter = APIRouter()\n"
ROUTE = "@router.get('/x')\nasync def x(session: Session = None):\n    "


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (ROUTE + "return ping()", True),
        (ROUTE + "return names()", True),
        (ROUTE + "return counted()", True),
        (ROUTE + "return users.all(session)", True),
        (ROUTE + "return statement()", False),
        (ROUTE + "return begun(session)", False),
        (ROUTE + "return again(session)", False),
        (ROUTE + "return await asyncio.to_thread(again(session).all)", False),
        (ROUTE + "return begun(session).all()", True),
        (ROUTE + "found = again(session).limit(2); return found.count()", True),
        (ROUTE + "return [one.id for one in begun(session)]", True),
        (ROUTE + "return await asyncio.to_thread(names)", False),
        (ROUTE + "return await asyncio.to_thread(lambda: names())", False),
        (ROUTE.replace("async ", "") + "return ping()", False),
        ("async def main():\n    return ping()", False),
    ],
)
def test_an_endpoint_that_calls_what_waits_for_the_database(code: str, told: bool, tmp_path: Path) -> None:
    sources = {"database.py": DATABASE, "routes.py": f"{ROUTES}{code}{'  # expect medium' * told}\n"}
    check_source(sources, RULE, tmp_path)
