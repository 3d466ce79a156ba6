"""A plain string given to `execute` and its like is found and wrapped in `text()`; drivers' own connections are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed, lint_source
from tests.support.lint_heads import QUERIES

RULE = "raw-sql-without-text"
FOUND = (
    """\
class Repo:
    ALL = "SELECT 1"
    def __init__(self, db: AsyncSession):
        self.db = db
    async def all(self):
        await self.db.execute(Repo.ALL)  # expect high
        return await self.db.execute(self.ALL)  # expect high
""",
    'async def f(db: AsyncSession):\n    await db.execute("SELECT 1")  # expect high\n',
    'async def f(c: AsyncConnection):\n    await c.scalar("SELECT 1")  # expect high\n',
    'def f(c: Connection):\n    c.execute("SELECT 1")  # expect high\n',
    'async def f(db: AsyncSession, n: int):\n    await db.scalars(f"SELECT {n}")  # expect high\n',
    'async def f(db: AsyncSession):\n    q = "SELECT 1"\n    return await db.execute(q)  # expect high\n',
    'PING = "SELECT 1"\nasync def f(db: AsyncSession):\n    await db.execute(PING)  # expect high\n',
    'async def f(db: AsyncSession, n):\n    await db.execute("SELECT " + n)  # expect high\n',
    'async def f(db: AsyncSession):\n    await db.stream("SELECT 1")  # expect high\n',
    'def f(db: Session):\n    return db.scalar("SELECT 1")  # expect high\n',
    """\
async def f():
    async with create_async_engine("x").begin() as c:
        await c.execute("SELECT 1")  # expect high
""",
    'async def f(db: AsyncSession):\n    await db.execute("SELECT {}".format(1))  # expect high\n',
)
SILENT = (
    """\
import enum
from sqlalchemy import text
class Names(enum.Enum):
    ALL = "SELECT 1"
class Repo:
    ALL = "SELECT 1"
    ONE = text("SELECT 1")
    FILLED = ""
    SET = "SELECT 1"
    def __init__(self, db: AsyncSession):
        self.db = db
        self.SET = text(self.SET)
    async def all(self):
        await self.db.execute(text(self.ALL))
        await self.db.execute(Names.ALL)
        await self.db.execute(self.FILLED)
        await self.db.execute(self.SET)
        return await self.db.execute(self.ONE)
""",
    'from sqlalchemy import text\nasync def f(db: AsyncSession):\n    await db.execute(text("SELECT 1"))\n',
    'async def f(c: AsyncConnection):\n    await c.exec_driver_sql("SELECT 1")\n',
    'import asyncpg\nasync def f(c: asyncpg.Connection):\n    await c.execute("SELECT 1")\n',
    'import asyncpg\nasync def f():\n    c = await asyncpg.connect()\n    await c.execute("SELECT 1")\n',
    'from alembic import op\ndef upgrade():\n    op.execute("SELECT 1")\n',
    'async def f(db):\n    await db.execute("SELECT 1")\n    await db.commit()\n',
    'async def f(db: AsyncSession, q):\n    if q:\n        q = "x"\n    await db.execute(q)\n',
    'async def f(db: AsyncSession, key: str):\n    db.info["execute"] = "SELECT 1"\n',
    "class O(AsyncSession):\n    async def execute(self, q): ...\nasync def f(db: O):\n    await db.execute('x')\n",
    'import sqlite3\ndef f():\n    db = sqlite3.connect("x")\n    db.execute("SELECT 1")\n',
    """\
import aiosqlite
async def f():
    async with aiosqlite.connect("x") as db:
        await db.execute("SELECT 1")
""",
    'from databases import Database\nasync def f(db: Database):\n    await db.execute("SELECT 1")\n',
    """\
import pytest
async def test_f(db: AsyncSession):
    with pytest.raises(Exception):
        await db.execute("x")
""",
    """\
from sqlalchemy import text
PING = text("SELECT 1")
async def f(db: AsyncSession):
    await db.execute(PING)
""",
    'async def f(db: AsyncSession, build):\n    await db.execute(build("SELECT 1"))\n',
)


@pytest.mark.parametrize("code", FOUND)
def test_a_plain_string_is_found(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_takes_strings_or_is_given_a_statement_is_silent(code: str, tmp_path: Path) -> None:
    check_source(QUERIES + code, RULE, tmp_path)


def test_text_is_put_around_a_plain_string_and_imported_once(tmp_path: Path) -> None:
    code = (
        '"""Doc."""\n\nfrom __future__ import annotations\n'
        + QUERIES
        + 'async def f(db: AsyncSession):\n    await db.execute("SELECT 1")\n'
    )
    after = fixed(code, RULE, tmp_path)
    assert 'db.execute(text("SELECT 1"))' in after
    assert after.count("from sqlalchemy import text\n") == 1
    compile(after, "module.py", "exec")
    assert lint_source(after, RULE, tmp_path) == ()


@pytest.mark.parametrize("sql", ['f"SELECT {n}"', '"SELECT * FROM t WHERE a = :a"', '"SELECT %s"', '"SELECT $1"'])
def test_what_text_would_read_otherwise_is_no_safe_edit(sql: str, tmp_path: Path) -> None:
    code = f"{QUERIES}async def f(db: AsyncSession, n):\n    await db.execute({sql})\n"
    assert fixed(code, RULE, tmp_path) == code


UNTYPED = """\
async def fill(db):
    await db.execute("DELETE FROM x"){mark}
async def fill_all(db, rows):
    await fill(db)
    await db.commit()
    await db.{method}(rows)
"""


@pytest.mark.parametrize(("method", "told"), [("scalars", True), ("execute_many", False), ("fetch_all", False)])
def test_a_name_that_gives_rows_as_a_driver_does_is_no_session(method: str, told: bool, tmp_path: Path) -> None:
    check_source(QUERIES + UNTYPED.format(mark="  # expect" if told else "", method=method), RULE, tmp_path)


WRAPPED = """\
async def fill(db, key):
    await db.execute("DELETE FROM x"){mark}
    await db.execute({arguments})
async def fill_all(db, rows):
    await fill(db, 1)
    await db.commit()
    await db.scalars(rows)
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('"SELECT 1 WHERE x = ?", (key,)', False),
        ('"INSERT INTO t" " VALUES (?)", [key]', False),
        ("QUERY, (key,)", False),
        ("QUERY, [{'x': key}]", True),
        ("text('SELECT 1'), {'x': key}", True),
    ],
)
def test_what_is_executed_on_with_the_arguments_of_a_driver_is_no_session(
    arguments: str, told: bool, tmp_path: Path
) -> None:
    check_source(QUERIES + WRAPPED.format(arguments=arguments, mark="  # expect" if told else ""), RULE, tmp_path)


def test_a_string_is_executed_on_something_else_where_no_word_of_the_library_stands(tmp_path: Path) -> None:
    check_source(WRAPPED.format(arguments="'SELECT 1'", mark=""), RULE, tmp_path)


OWN_ENGINE = """\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

class Connection(AsyncConnection):
    async def {method}(self, statement, *args):
        return await super().{method}(text(statement), *args)

class Engine(AsyncEngine):
    def {opener}(self):
        return Connection(self)

class Database:
    def __init__(self, url):
        self.engine = Engine(url)

    def acquire(self):
        return self.engine.begin()

async def f(db: Database):
    async with db.acquire() as c:
        await c.scalar("SELECT 1"){mark}
"""


@pytest.mark.parametrize(
    ("opener", "method", "mark"),
    [("connect", "execute", ""), ("connect", "stream", "  # expect high"), ("open", "execute", "  # expect high")],
)
def test_an_engine_may_have_connections_of_its_own_that_take_strings(
    opener: str, method: str, mark: str, tmp_path: Path
) -> None:
    check_source(OWN_ENGINE.format(opener=opener, method=method, mark=mark), RULE, tmp_path)


OVERRIDDEN = """\
from typing import Annotated
from unittest.mock import AsyncMock
from fastapi import Depends
from app.db import get_db
def test_limit(app):
    session = AsyncMock(spec=AsyncSession)
    app.dependency_overrides[{overridden}] = lambda: session
    @app.get("/")
    async def probe(db: Annotated[AsyncSession, Depends(get_db)]):
        await db.execute("select 1"){mark}
"""


@pytest.mark.parametrize(("overridden", "mark"), [("get_db", ""), ("get_user", "  # expect high")])
def test_what_a_test_puts_in_the_place_of_a_dependency_is_no_session(
    overridden: str, mark: str, tmp_path: Path
) -> None:
    check_source({"tests/test_limit.py": QUERIES + OVERRIDDEN.format(overridden=overridden, mark=mark)}, RULE, tmp_path)
