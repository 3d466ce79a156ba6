"""Legacy queries, sync sessions and blocking calls: found where they fail or block, silent on the correct idiom."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed, lint_source

SA = """\
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

CASES = {
    "query-on-async-session": (
        "async def f(db: AsyncSession):\n    return db.query(User).all()  # expect high\n",
        "async def f(db: AsyncSession):\n    return await db.query(User).filter(User.id == 1).first()  # expect high\n",
        "async def f():\n    async with Factory() as s:\n        s.query(User.id)  # expect high\n",
        """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def all(self):
        return self.session.query(User).all()  # expect high
""",
        "async def f(db):\n    await db.commit()\n    return db.query(User).all()  # expect medium\n",
        "async def f(db: AsyncSession):\n    await db.run_sync(lambda s: s.query(User).all())\n",
        """\
async def f(db: AsyncSession):
    def work(session: Session):
        return session.query(User).all()
    return await db.run_sync(work)
""",
        "def f(db: Session):\n    return db.query(User).all()\n",
        "async def f(db):\n    return db.query(User).all()\n",
        "async def f(store):\n    return await store.query('text', limit=3)\n",
        "async def f(db):\n    await db.commit()\n    return await db.query('SELECT * FROM person')\n",
        "class Own(AsyncSession):\n    def query(self, x): ...\nasync def f(db: Own):\n    return db.query(User)\n",
        "import pytest\nasync def f(db: AsyncSession):\n    with pytest.raises(ValueError):\n        db.query(User)\n",
    ),
    "legacy-query": (
        "def f(db: Session):\n    return db.query(User).filter(User.id == 1).first()  # expect high\n",
        "def f():\n    with SyncFactory() as s:\n        return s.query(User).count()  # expect high\n",
        "async def f(db: AsyncSession):\n    return db.query(User)\n",
        "def f(db):\n    return db.query(User)\n",
        "def f(client):\n    return client.query(User)\n",
    ),
    "raw-sql-without-text": (
        'async def f(db: AsyncSession):\n    await db.execute("SELECT 1")  # expect high\n',
        'async def f(c: AsyncConnection):\n    await c.scalar("SELECT 1")  # expect high\n',
        'def f(c: Connection):\n    c.execute("SELECT 1")  # expect high\n',
        'async def f(db: AsyncSession, n: int):\n    await db.scalars(f"SELECT {n}")  # expect high\n',
        'async def f(db: AsyncSession):\n    q = "SELECT 1"\n    return await db.execute(q)  # expect high\n',
        'PING = "SELECT 1"\nasync def f(db: AsyncSession):\n    await db.execute(PING)  # expect high\n',
        'async def f(db: AsyncSession, n):\n    await db.execute("SELECT " + n)  # expect high\n',
        'from sqlalchemy import text\nasync def f(db: AsyncSession):\n    await db.execute(text("SELECT 1"))\n',
        'async def f(c: AsyncConnection):\n    await c.exec_driver_sql("SELECT 1")\n',
        'import asyncpg\nasync def f(c: asyncpg.Connection):\n    await c.execute("SELECT 1")\n',
        'import asyncpg\nasync def f():\n    c = await asyncpg.connect()\n    await c.execute("SELECT 1")\n',
        'from alembic import op\ndef upgrade():\n    op.execute("SELECT 1")\n',
        'async def f(db):\n    await db.execute("SELECT 1")\n    await db.commit()\n',
        'async def f(db: AsyncSession, q):\n    if q:\n        q = "x"\n    await db.execute(q)\n',
        'async def f(db: AsyncSession, key: str):\n    db.info["execute"] = "SELECT 1"\n',
        "class O(AsyncSession):\n    async def execute(self, q): ...\nasync def f(db: O):\n    await db.execute('x')\n",
    ),
    "sync-session-in-async-def": (
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
        "def f(db: Session):\n    db.commit()\n",
        "async def f(db: AsyncSession):\n    await db.commit()\n",
        "async def f(db: Session):\n    await db.commit()\n    await db.execute(1)\n",
        "async def f(db: Session):\n    await asyncio.to_thread(db.commit)\n",
        "async def f(db: Session):\n    await asyncio.to_thread(lambda: db.commit())\n",
        "async def f(db: AsyncSession):\n    db.sync_session.get(User, 1)\n",
        "async def f(db: Session):\n    def work():\n        db.commit()\n    await asyncio.to_thread(work)\n",
        "async def f(db: Session):\n    db.add(1)\n    db.expunge_all()\n",
    ),
    "blocking-call-with-session": (
        "async def f(db: AsyncSession):\n    await db.execute(1)\n    time.sleep(1)  # expect high\n",
        "async def f(db: AsyncSession):\n    requests.get('x')  # expect medium\n    await db.execute(1)\n",
        "async def f(d: AsyncSession):\n    await d.get(1)\n    await d.commit()\n    time.sleep(1)  # expect medium\n",
        "async def f():\n    async with Factory() as d:\n        await d.get()\n        time.sleep(1)  # expect high\n",
        "async def f():\n    async with create_async_engine('x').begin():\n        time.sleep(1)  # expect high\n",
        "async def f(d: AsyncSession):\n    await d.get(1)\n    subprocess.run('x')  # expect high\n",
        "from time import sleep\nasync def f(db: AsyncSession):\n    await db.flush()\n    sleep(1)  # expect high\n",
        "async def f():\n    async with Factory() as s:\n        await s.flush()\n    time.sleep(1)\n",
        "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.sleep(1)\n",
        "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.to_thread(time.sleep, 1)\n",
        "async def f(db: AsyncSession):\n    await db.execute(1)\n    await asyncio.to_thread(lambda: time.sleep(1))\n",
        "def f(db: Session):\n    db.execute(1)\n    time.sleep(1)\n",
        "async def f(client):\n    time.sleep(1)\n",
        "async def f(db: AsyncSession, requests):\n    await db.flush()\n    await requests.get('x')\n",
    ),
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in CASES.items() for code in codes], ids=lambda value: value[:50]
)
def test_only_the_marked_lines_are_found(rule: str, code: str, tmp_path: Path) -> None:
    check_source(SA + code, rule, tmp_path)


REWRITTEN = {
    "db.query(User).all()": "(await db.scalars(select(User))).all()",
    "await db.query(User).filter(User.id == 1).first()": (
        "(await db.scalars(select(User).where(User.id == 1).limit(1))).first()"
    ),
    "db.query(User).get(1)": "await db.get(User, 1)",
    "db.query(User.name).all()": "(await db.execute(select(User.name))).all()",
    "db.query(User).join(User.x).one()": "(await db.scalars(select(User).join(User.x))).unique().one()",
    "db.query(User.id).filter_by(name='a').scalar()": (
        "(await db.execute(select(User.id).filter_by(name='a'))).scalar_one_or_none()"
    ),
}


@pytest.mark.parametrize("before", REWRITTEN)
def test_a_query_is_rewritten_with_the_select_that_means_the_same(before: str, tmp_path: Path) -> None:
    code = f"{SA}async def f(db: AsyncSession):\n    return {before}\n"
    after = fixed(code, "query-on-async-session", tmp_path)
    assert f"    return {REWRITTEN[before]}\n" in after
    assert ("import select\n" in after) == ("select(" in after)
    compile(after, "module.py", "exec")
    assert lint_source(after, "query-on-async-session", tmp_path) == ()


@pytest.mark.parametrize(
    "kept",
    [
        "db.query(Unknown).all()",
        "db.query(User).count()",
        "db.query(User).slice(1, 2).all()",
        "[x for x in map(lambda: db.query(User).all(), ())]",
    ],
)
def test_what_is_not_proven_is_not_rewritten(kept: str, tmp_path: Path) -> None:
    code = f"{SA}async def f(db: AsyncSession):\n    return {kept}\n"
    assert fixed(code, "query-on-async-session", tmp_path) == code


def test_a_name_select_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    code = f"{SA}def select(x): ...\nasync def f(db: AsyncSession):\n    return db.query(User).all()\n"
    assert fixed(code, "query-on-async-session", tmp_path) == code


def test_on_a_sync_session_the_rewritten_query_awaits_nothing(tmp_path: Path) -> None:
    code = f"{SA}def f(db: Session):\n    return db.query(User).filter(User.id == 1).all()\n"
    assert "return db.scalars(select(User).where(User.id == 1)).all()\n" in fixed(code, "legacy-query", tmp_path)


def test_text_is_put_around_a_plain_string_and_imported_once(tmp_path: Path) -> None:
    code = (
        '"""Doc."""\n\nfrom __future__ import annotations\n'
        + SA
        + 'async def f(db: AsyncSession):\n    await db.execute("SELECT 1")\n'
    )
    after = fixed(code, "raw-sql-without-text", tmp_path)
    assert 'db.execute(text("SELECT 1"))' in after
    assert after.count("from sqlalchemy import text\n") == 1
    compile(after, "module.py", "exec")
    assert lint_source(after, "raw-sql-without-text", tmp_path) == ()


@pytest.mark.parametrize("sql", ['f"SELECT {n}"', '"SELECT * FROM t WHERE a = :a"', '"SELECT %s"', '"SELECT $1"'])
def test_what_text_would_read_otherwise_is_no_safe_edit(sql: str, tmp_path: Path) -> None:
    code = f"{SA}async def f(db: AsyncSession, n):\n    await db.execute({sql})\n"
    assert fixed(code, "raw-sql-without-text", tmp_path) == code


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
    check_source(files, "sync-session-in-async-def", tmp_path)


def test_sync_sessions_in_async_tests_are_left_alone(tmp_path: Path) -> None:
    code = "from sqlalchemy.orm import Session\nasync def test_x(db: Session):\n    db.commit()\n"
    assert lint_source({"tests/test_x.py": code}, "sync-session-in-async-def", tmp_path) == ()
