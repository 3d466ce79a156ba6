"""A session's coroutine that nobody awaits is found wherever it stands; one that somebody awaits is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS
from tests.support.lint_models import project

RULE = "unawaited-session-call"
HEAD = """\
import asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
"""


def body(*lines: str, signature: str = "db: AsyncSession") -> str:
    return HEAD + f"async def work({signature}):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("db.commit()  # expect high",),
        ("result = db.execute(select(1))  # expect high", "return result.scalars().all()"),
        ("_ = db.commit()  # expect high",),
        ("return db.execute(select(1)).scalars().all()  # expect high",),
        ("return list(db.scalars(select(1)))  # expect high",),
        ("if db.get(int, 1):  # expect high", "    pass"),
        ("if not db.scalar(select(1)):  # expect high", "    pass"),
        ("for row in db.scalars(select(1)):  # expect high", "    print(row)"),
        ("return [row for row in db.scalars(select(1))]  # expect high",),
        ("assert db.scalar(select(1)) == 1  # expect high",),
        ("return f'{db.scalar(select(1))} rows'  # expect high",),
        ("return db.scalar(select(1))  # expect high",),
        ("x = db.scalar(select(1)) or 0  # expect high", "return x"),
        ("a, b = db.execute(select(1))  # expect high", "return a"),
        ("async for row in db.stream(select(1)):  # expect high", "    print(row)"),
        ("if (user := db.get(int, 1)) is None:  # expect high", "    return user"),
        ("return {'user': db.get(int, 1)}  # expect high",),
        ("db.begin()  # expect high",),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "return len(rows)"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "for row in rows:", "    print(row.name)"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "return [row.name for row in rows if row]"),
        ("for row in [db.get(int, 1), 2]:  # expect high", "    print(row.name)"),
        ("return sum(db.scalar(select(n)) for n in range(3))  # expect high",),
        ("if any(db.get(int, n) for n in range(3)):  # expect high", "    pass"),
        ("rows = {db.get(int, n) for n in range(3)}  # expect high", "return f'{rows}'"),
        ("raise db.scalar(select(1))  # expect high",),
        (
            "for n in range(3):",
            "    row = await db.get(int, n)",
            "    print(row)",
            "    row = db.get(int, n)  # expect high",
        ),
        ("counts = db.get(int, 1)  # expect high", "return {'all': 1, **counts}"),
        ("return dict(**db.get(int, 1))  # expect high",),
        ("rows = {}", "rows[1] = db.get(int, 1)  # expect medium", "return rows[1].name"),
        (
            "rows: dict[int, str] = {}",
            "for n in range(3):",
            "    rows[n] = db.get(int, n)  # expect medium",
            "for n, row in rows.items():",
            "    print(n, row.name)",
        ),
        (
            "rows = defaultdict(list)",
            "rows[1] = db.get(int, 1)  # expect medium",
            "if 1 in rows:",
            "    return [row.name for row in rows.values() if row]",
        ),
        ("rows: dict[int, str] = make()", "rows[1] = db.get(int, 1)  # expect medium", "return rows"),
        ("rows = [None, None]", "rows[0] = db.get(int, 1)  # expect medium", "return rows.pop().name"),
        ("rows = {'a': db.get(int, 1)}  # expect high", "return rows['a'].name"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "return rows[0].name"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "for n, row in enumerate(rows):", "    row.name"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect high", "return [a.b for a, c in zip(list(rows), 'abc')]"),
        ("rows = {n: db.get(int, n) for n in range(3)}  # expect high", "for n in rows:", "    print(n)"),
        ("rows = [db.get(int, n) for n in range(3)]  # expect medium", "return ', '.join(rows)"),
        ("tasks = [db.get(int, n) for n in range(3)]  # expect high", "for row in tasks:", "    print(row.name)"),
        (
            "tasks = (",
            "    await db.get(int, 1),",
            "    db.get(int, 2),  # expect medium",
            "    await db.get(int, 3),",
            ")",
            "return tasks",
        ),
        ("return {'a': await db.get(int, 1), 'b': await db.get(int, 2), 'c': db.get(int, 3)}  # expect medium",),
        (
            "rows = (('a', db.get(int, 1)), ('b', await db.get(int, 2)))  # expect high",
            "for name, row in rows:",
            "    if row is None:",
            "        print(name)",
        ),
        ("for n, row in [(n, db.get(int, n)) for n in range(3)]:  # expect high", "    print(n, row.name)"),
    ],
)
def test_a_coroutine_used_as_data_is_found_where_it_stands(lines: tuple[str, ...], tmp_path: Path) -> None:
    check_source(body(*lines), RULE, tmp_path)


@pytest.mark.parametrize(
    "lines",
    [
        ("task = asyncio.create_task(db.commit())", "await task"),
        ("await asyncio.gather(db.get(int, 1), db.get(int, 2))",),
        ("await asyncio.gather(*[db.get(int, n) for n in range(3)])",),
        ("await asyncio.gather(*(db.get(int, n) for n in range(3)))",),
        ("later = db.commit()", "await later"),
        ("work = deque()", "work.append(db.get(int, 1))", "while work:", "    print(await work.popleft())"),
        ("work = []", "for n in range(3):", "    work.append(db.get(int, n))", "print(await work[0])"),
        (
            "later = None",
            "for n in range(3):",
            "    if n % 2:",
            "        later = db.get(int, n)",
            "    else:",
            "        await later",
        ),
        (
            "later = None",
            "for n in range(3):",
            "    if later is not None:",
            "        await later",
            "    later = db.get(int, n)",
        ),
        (
            "later = None",
            "while True:",
            "    if later:",
            "        print(await later)",
            "        later = None",
            "    else:",
            "        later = db.get(int, 1)",
        ),
        ("row = db.get(int, 1)", "print([row.name for row in work])", "await asyncio.gather(row)"),
        ("later = [db.get(int, n) for n in range(3)]", "return [await one for one in later]"),
        ("later = [db.get(int, n) for n in range(3)]", "print(len(later))", "await asyncio.gather(*later)"),
        ("later = [db.get(int, n) for n in range(3)]", "for one in later:", "    print(one)", "    await one"),
        ("later = [db.get(int, n) for n in range(3)]", "later.append(db.commit())", "return await run_all(later)"),
        ("later = [db.get(int, n) for n in range(3)]", "for one in later:", "    await asyncio.wait_for(one, 3)"),
        ("later = [db.get(int, n) for n in range(3)]", "while later:", "    await later.pop()"),
        ("later = [db.get(int, n) for n in range(3)]", "for n, one in enumerate(later):", "    await one"),
        ("for one in (db.commit(), db.close()):", "    await one"),
        ("later = {}", "later[1] = db.get(int, 1)", "return await later[1]"),
        ("later: dict[int, Awaitable[str]] = make()", "later[1] = db.get(int, 1)"),
        ("later: dict[int, Any] = make()", "later[1] = db.get(int, 1)"),
        ("later: dict = make()", "later[1] = db.get(int, 1)"),
        ("later = {}", "later[1] = db.get(int, 1)", "for n, one in later.items():", "    print(n)", "    await one"),
        ("later = {}", "later[1] = db.get(int, 1)", "print(len(later))", "await asyncio.gather(*later.values())"),
        ("later = {}", "later[1] = db.get(int, 1)", "print(len(later))", "return run_all(later)"),
        ("later = {}", "later[1] = db.get(int, 1)", "return [await one for one in list(later.values())]"),
        ("tasks = {}", "tasks[1] = db.get(int, 1)", "return tasks"),
        ("later = [None]", "later[0] = db.get(int, 1)", "for n, one in enumerate(later):", "    await one"),
        (
            "later = [db.get(int, n) for n in range(3)]",
            "for n, one in zip('abc', later):",
            "    print(n)",
            "    await one",
        ),
        ("later = [db.get(int, n) for n in range(3)]", "return later"),
        ("work['later'] = db.get(int, 1)", "return len(work)"),
        ("later = {'a': db.get(int, 1)}", "print(later)", "return await later['a']"),
        ("later = [('a', db.get(int, 1))]", "for name, one in later:", "    print(name, await one)"),
        ("later = [(await db.get(int, 1), db.get(int, 2))]", "for a, b in later:", "    print(a)", "    await b"),
        ("return await db.get(int, 1), await asyncio.gather(db.get(int, 2), db.get(int, 3))",),
        ("for one in asyncio.as_completed([db.get(int, n) for n in range(3)]):", "    await one"),
        (
            "async def run_all():",
            "    for one in later:",
            "        await one",
            "later = [db.commit()]",
            "await run_all()",
        ),
        (
            "work = db.commit()",
            "try:",
            "    asyncio.run(work)",
            "except RuntimeError:",
            "    work.close()",
            "    raise",
        ),
        ("await (db.commit() if db.dirty else db.flush())",),
        ("todo = []", "todo.append(db.commit())", "await asyncio.gather(*todo)"),
        ("asyncio.run_coroutine_threadsafe(db.commit(), asyncio.get_running_loop())",),
        ("db.sync_session.commit()",),
        ("await db.run_sync(lambda s: s.execute(select(1)))",),
        ("async with db.begin():", "    pass"),
        ("await asyncio.wait_for(db.commit(), 3)",),
    ],
)
def test_a_coroutine_that_somebody_awaits_is_silent(lines: tuple[str, ...], tmp_path: Path) -> None:
    check_source(body(*lines), RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        """\
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession
class Repo:
    def __init__(self, session: AsyncSession | Session):
        self.session = session
    async def save(self, user):
        self.session.add(user)
        await self.session.commit()
        await self.session.refresh(user)
    def save_sync(self, user):
        self.session.add(user)
        self.session.commit()
        self.session.refresh(user)
""",
        """\
from sqlalchemy.orm import Session
async def f(db: Session):
    db.commit()
""",
        """\
import aiohttp
async def f():
    async with aiohttp.ClientSession() as session:
        session.get('x')
""",
        """\
class AsyncSession:
    def commit(self): ...
async def f(db: AsyncSession):
    db.commit()
""",
        """\
from contextvars import ContextVar
session = ContextVar('session')
async def f():
    return session.get()
""",
        """\
from unittest.mock import AsyncMock
async def test_f():
    db = AsyncMock()
    db.commit()
""",
        """\
from sqlalchemy.ext.asyncio import AsyncSession
def f(db: AsyncSession):
    return db.commit()
""",
        """\
from sqlalchemy.ext.asyncio import async_sessionmaker
session = async_sessionmaker()
async def f():
    session.configure()
""",
        """\
import httpx
async def f(session: httpx.AsyncClient):
    session.get('x')
    await session.aclose()
""",
        """\
from curl_cffi.requests import AsyncSession
async def f(s: AsyncSession):
    s.close()
""",
    ],
)
def test_what_only_looks_like_an_async_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("given", "silent"),
    [
        ("-> list[int]", False),
        ("-> dict[str, Row]", False),
        ("-> list[Awaitable[int]]", True),
        ("", True),
    ],
)
def test_coroutines_in_a_list_are_returned_by_who_says_it_gives_something_else(
    given: str, silent: bool, tmp_path: Path
) -> None:
    code = HEAD + f"async def work(db: AsyncSession, keys){given}:\n    return [db.get(int, one) for one in keys]"
    check_source(code if silent else f"{code}  # expect medium", RULE, tmp_path)


def test_coroutines_in_a_list_are_returned_by_a_route(tmp_path: Path) -> None:
    code = (
        HEAD
        + """\
from fastapi import APIRouter
router = APIRouter()
@router.get("/rows")
async def rows(db: AsyncSession):
    return [db.get(int, one) for one in range(3)]  # expect medium
"""
    )
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("parameter", "does", "silent"),
    [
        ("rows: list[Row]", "return len(rows)", False),
        ("rows: list[Any]", "return len(rows)", True),
        ("rows: list[Awaitable[Row]]", "return len(rows)", True),
        ("rows: list[Row]", "await asyncio.gather(*rows)", True),
        ("rows: list[Row]", "for one in rows:\n        await one", True),
        ("rows", "return len(rows)", True),
    ],
)
def test_coroutines_in_a_list_are_handed_to_who_says_it_wants_something_else(
    parameter: str, does: str, silent: bool, tmp_path: Path
) -> None:
    code = (
        HEAD
        + f"""\
async def handle({parameter}):
    {does}
async def work(db: AsyncSession, keys):
    await handle([db.get(int, one) for one in keys]){"" if silent else "  # expect medium"}
"""
    )
    check_source(code, RULE, tmp_path)


def test_a_context_manager_is_known_by_whatever_name_its_decorator_is_imported(tmp_path: Path) -> None:
    code = (
        HEAD
        + """\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager as managed
@managed
async def opened() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(1) as session:
        yield session
async def work():
    async with opened() as s:
        s.connection()  # expect high
"""
    )
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize("package", ["advanced_alchemy.config", "litestar.plugins.sqlalchemy"])
def test_the_session_of_advanced_alchemys_configuration_is_known(package: str, tmp_path: Path) -> None:
    code = (
        HEAD
        + f"""\
from {package} import SQLAlchemyAsyncConfig
config = SQLAlchemyAsyncConfig(connection_string="x")
maker = config.create_session_maker()
async def work(connection):
    async with config.get_session() as s:
        s.commit()  # expect high
    async with maker() as s:
        s.flush()  # expect high
    config.something().commit()
"""
    )
    check_source(code, RULE, tmp_path)


def test_the_session_of_a_context_variable_is_known_by_its_type(tmp_path: Path) -> None:
    code = (
        HEAD
        + """\
from contextvars import ContextVar
current: ContextVar[AsyncSession | None] = ContextVar("current", default=None)
name: ContextVar[str] = ContextVar("name")
untyped = ContextVar("untyped")
async def work():
    current.get().commit()  # expect high
    db = current.get()
    db.commit()  # expect high
    name.get().commit()
    untyped.get().commit()
    current.set(db)
"""
    )
    check_source(code, RULE, tmp_path)


def test_an_await_is_inserted_with_parentheses_where_something_follows(tmp_path: Path) -> None:
    before = body("db.commit()", "return db.execute(select(1)).scalars().all()")
    assert fixed(before, RULE, tmp_path) == body(
        "await db.commit()", "return (await db.execute(select(1))).scalars().all()"
    )


@pytest.mark.parametrize(
    ("call", "remedy"), [("db.commit()", "await db.commit()"), ("db.get(int, 1)", "await db.get(...)")]
)
def test_the_remedy_is_what_to_write(call: str, remedy: str, tmp_path: Path) -> None:
    (found,) = check_source(body(f"{call}  # expect high"), RULE, tmp_path)
    assert found.remedy == remedy


def test_no_await_is_inserted_where_none_may_stand(tmp_path: Path) -> None:
    before = body("class Row:", "    name = db.scalar(select(1))", "return map(lambda key: db.get(int, key).name, [1])")
    assert fixed(before, RULE, tmp_path) == before


def test_the_name_alone_gives_low_confidence(tmp_path: Path) -> None:
    code = """\
import sqlalchemy
async def f(db):
    db.commit()  # expect low
"""
    check_source(code, RULE, tmp_path)


def test_another_awaited_call_on_the_same_name_gives_medium_confidence(tmp_path: Path) -> None:
    code = """\
import sqlalchemy
async def f(db):
    await db.flush()
    db.commit()  # expect medium
"""
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        """\
from sqlalchemy import select
from .library import Context
async def first(context: Context):
    async with context.db() as session:
        await session.execute(select(1))
async def second(context: Context):
    async with context.db() as session:
        session.scalar(select(1))  # expect medium
""",
        """\
from sqlalchemy import select
class Books:
    async def first(self):
        async with self.context.session() as db, self.lock:
            await db.execute(select(1))
            await db.commit()
    async def second(self, key):
        async with self.context.session() as db:
            return db.get(int, key)  # expect medium
    async def third(self):
        async with self.elsewhere.session() as db:
            db.execute(select(1))  # expect low
""",
        """\
from sqlalchemy import select
from .library import open_session
async def first():
    session = await open_session("a")
    await session.flush()
    one = await open_session("b")
async def second():
    session = await open_session("a")
    session.commit()  # expect medium
""",
    ],
)
def test_what_the_same_expression_gives_elsewhere_and_is_awaited_gives_medium_confidence(
    code: str, tmp_path: Path
) -> None:
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        """\
import sqlalchemy
from .library import connect
async def first():
    async with connect() as cache:
        await cache.execute("x")
async def second():
    with connect() as cache:
        cache.execute("x")
""",
        """\
import sqlalchemy
from .library import client
async def first():
    async with client() as http:
        await http.get("x")
        await http.scalars()
async def second():
    async with client() as http:
        http.get("x")
        http.delete("x")
""",
    ],
)
def test_the_same_expression_elsewhere_proves_nothing_of_what_is_no_session(code: str, tmp_path: Path) -> None:
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("with pytest.raises(RuntimeError, match='owns'):", False),
        ("with self.assertRaisesRegex(RuntimeError, 'owns'):", False),
        ("with raise_if_locked():", True),
        ("if db:", True),
    ],
)
def test_what_a_test_expects_to_fail_is_no_fault(head: str, told: bool, tmp_path: Path) -> None:
    expect = "  # expect high" if told else ""
    check_source(
        AWAITS + f"import pytest\nasync def test_f(self, db: AsyncSession):\n    {head}\n        db.begin(){expect}\n",
        RULE,
        tmp_path,
    )


@pytest.mark.parametrize("declared", ["AsyncIterator[Session]", "AsyncGenerator[Any, None]", "AsyncIterator"])
def test_a_context_manager_gives_what_its_generator_yields(declared: str, tmp_path: Path) -> None:
    code = f"""\
from contextlib import asynccontextmanager
from sqlalchemy.orm import sessionmaker
Plain = sessionmaker()
@asynccontextmanager
async def get_db() -> {declared}:
    with Plain() as db:
        yield db
async def f():
    async with get_db() as db:
        db.execute(select(1)).scalars()
        db.commit()
class Unit:
    async def __aenter__(self) -> Session:
        return Plain()
async def g():
    async with Unit() as db:
        db.commit()
"""
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize(
    "made", ["self.manager.Session.begin()", "manager.session_factory()", "self.db_factory()", "SessionLocal.begin()"]
)
def test_what_enters_a_factory_told_by_its_name_is_a_session_where_its_kind_is_not_known(
    made: str, tmp_path: Path
) -> None:
    head = "from elsewhere import SessionLocal\nclass Unit:\n    async def f(self, manager):\n"
    code = f"{head}        async with {made} as work:\n            user = work.get(1, 2)  # expect medium\n"
    code += "            user.name = 3\n"
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("made", ["self.session.begin()", "aiohttp.ClientSession()", "self.client_session()"])
def test_a_session_or_client_that_is_entered_is_no_factory(made: str, tmp_path: Path) -> None:
    head = "import aiohttp\nclass Unit:\n    async def f(self):\n"
    code = f"{head}        async with {made} as work:\n            user = work.get(1, 2)\n            user.name = 3\n"
    check_source(AWAITS + code, RULE, tmp_path)


ASYNCPG = """\
import asyncpg
async def f(conn: asyncpg.Connection, pool: asyncpg.Pool):
    conn.execute("DELETE FROM x")  # expect high
    rows = [row for row in pool.fetch("SELECT 1")]  # expect high
    async with pool.acquire() as own, own.transaction():
        own.fetchval("SELECT 1")  # expect high
        await own.execute("SELECT 1")
    return await conn.fetchrow("SELECT 1"), rows
async def g():
    made = await asyncpg.connect("x")
    made.close()  # expect high
    async with asyncpg.create_pool("x") as made_pool:
        made_pool.execute("SELECT 1")  # expect high
    made_pool.terminate()
async def h(client):
    client.fetch("x")
"""


def test_the_drivers_own_connections_and_pools_are_known(tmp_path: Path) -> None:
    check_source(ASYNCPG, "unawaited-session-call", tmp_path)


PSYCOPG = """\
import psycopg
from psycopg import AsyncCursor
from psycopg_pool import AsyncConnectionPool
pool = AsyncConnectionPool("postgresql://localhost/shop", open=False)
async def f(dsn):
    made = await psycopg.AsyncConnection.connect(dsn)
    cursor = made.cursor()
    await cursor.execute("SELECT 1")
    cursor.close()  # expect high
    made.commit()  # expect high
    rows = (await made.execute("SELECT 1")).fetchall()  # expect high
    return rows
async def g():
    pool.open()  # expect high
    async with pool.connection() as own, own.cursor() as cursor:
        cursor.execute("SELECT 1")  # expect high
        await cursor.executemany("SELECT %s", [(1,)])
        async for row in cursor:
            print(row)
    async with await psycopg.AsyncConnection.connect("x") as entered, entered.transaction():
        entered.execute("SELECT 1")  # expect high
def h(dsn):
    with psycopg.connect(dsn) as plain, plain.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchall()
async def i(cursor: AsyncCursor):
    return await cursor.fetchone()
"""


def test_the_async_classes_of_psycopg_are_known(tmp_path: Path) -> None:
    check_source(PSYCOPG, "unawaited-session-call", tmp_path)


DATABASES = """\
from databases import Database
database = Database("postgresql://localhost/shop")
class Kept:
    def __init__(self):
        self.database = Database("postgresql://localhost/shop")
kept = Kept()
async def get_db():
    async with kept.database.connection() as connection:
        yield connection
async def f(db: Database, number: int):
    db.execute("DELETE FROM x")  # expect high
    rows = [row for row in database.fetch_all("SELECT 1")]  # expect high
    async with db.transaction() as own:
        await db.fetch_one("SELECT 1")
        own.rollback()  # expect high
    async with database.connection() as connection, connection.transaction():
        connection.fetch_val("SELECT 1")  # expect high
        async for row in connection.iterate("SELECT 1"):
            rows.append(row)
    return rows
async def g():
    async with Database("sqlite:///x") as made:
        made.execute_many("x", [])  # expect high
    database.connect()  # expect high
"""


def test_connections_of_databases_are_known(tmp_path: Path) -> None:
    check_source(DATABASES, "unawaited-session-call", tmp_path)


UNSTARTED = (
    "c = engine.connect()  # expect\n    await c.execute(text('x'))\n",
    "c = engine.connect()  # expect\n    print(1)\n    await c.execute(text('x'))\n    await c.close()\n",
    "c = engine.connect()\n    await c\n    await c.execute(text('x'))\n",
    "c = engine.connect()\n    await c.start()\n    await c.execute(text('x'))\n",
    "c = engine.connect()\n    async with c:\n        await c.execute(text('x'))\n",
    "c = await engine.connect()\n    await c.execute(text('x'))\n",
    "c = engine.connect()\n    await use(c)\n    await c.execute(text('x'))\n",
)


@pytest.mark.parametrize("code", UNSTARTED)
def test_a_connection_used_without_being_started_is_found(code: str, tmp_path: Path) -> None:
    check_source(project("async def f():\n    " + code), RULE, tmp_path)


POOLS = (
    ("app.state.pool = asyncpg.create_pool('x')", "await app.state.pool.fetch('x')", True),
    ("pool = asyncpg.create_pool('x')", "await pool.fetch('x')", True),
    ("app.state.pool = await asyncpg.create_pool('x')", "await app.state.pool.fetch('x')", False),
    ("pool = asyncpg.create_pool('x')\n    await pool", "await pool.fetch('x')", False),
    ("pool = asyncpg.create_pool('x')\n    async with pool:\n        pass", "await pool.fetch('x')", False),
    ("pool = asyncpg.create_pool('x')\n    start(pool)", "await pool.fetch('x')", False),
    ("pool = aiomysql.create_pool('x')", "await pool.fetch('x')", False),
)


@pytest.mark.parametrize(("made", "used", "told"), POOLS)
def test_a_pool_is_made_by_awaiting_it(made: str, used: str, told: bool, tmp_path: Path) -> None:
    first, _, rest = made.partition("\n")
    expect = "  # expect medium" if told else ""
    code = f"import aiomysql\nimport asyncpg\nasync def f(app):\n    {first}{expect}\n{rest}\n    {used}\n"
    check_source(code, "unawaited-session-call", tmp_path)


KEPT = (
    ("self.row = self.db.get(int, self.row)  # expect medium", "return self.row.name"),
    ("self.row = self.db.get(int, 1)  # expect medium", "print(self.row)\n        return self.row.name"),
    ("self.row = self.db.get(int, 1)", "return run(self.row)"),
    ("self.row = self.db.get(int, 1)", "return run(self.row) if wanted else self.row.close()"),
    ("self.row = self.db.get(int, 1)", "return (await self.row).name"),
    ("self.row = await self.db.get(int, self.row)", "return self.row.name"),
)


@pytest.mark.parametrize(("kept", "read"), KEPT)
def test_what_is_kept_in_an_attribute_is_told_by_how_that_is_read(kept: str, read: str, tmp_path: Path) -> None:
    code = f"""\
{HEAD}
class Row:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def load(self):
        {kept}
    async def name(self):
        {read}
"""
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    "lines",
    [
        ("merged = db.merge(user)  # expect high", "await db.refresh(merged)", "return render(merged)"),
        ("user = db.get(int, 1)  # expect high", "db.add(user)", "return render(user)"),
        ("user = db.get(int, 1)", "known.add(user)", "return await gather(*known)"),
    ],
)
def test_what_a_session_is_given_to_add_or_refresh_is_no_coroutine(lines: tuple[str, ...], tmp_path: Path) -> None:
    check_source(body(*lines, signature="db: AsyncSession, user, known: set"), RULE, tmp_path)


def test_what_only_an_async_session_has_and_who_begins_it_tell_it_from_a_sync_one(tmp_path: Path) -> None:
    code = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
async def streamed(session):
    return [row async for row in session.stream_scalars(select(1))]  # expect medium
async def begun(bot):
    async with bot.database.begin() as session:
        rows = session.scalars(select(1))  # expect medium
        session.get(int, 1)  # expect low
        return rows.one()
async def named(session, row):
    session.delete(row)  # expect medium
    await session.commit()
async def declared(db: Session, row):
    db.execute(select(1))  # expect medium
    await db.flush()
async def of_both(db: Session, is_async):
    if is_async:
        await db.flush()
    else:
        db.flush()
async def of_unknown(store, row):
    store.delete(row)  # expect low
    await store.commit()
"""
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("block", "is_safe"), [("async with Factory.begin() as db:", False), ("async with Factory() as db:", True)]
)
def test_no_safe_edit_ends_the_transaction_of_a_block_that_ends_it(block: str, is_safe: bool, tmp_path: Path) -> None:
    code = (
        "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine\n"
        "Factory = async_sessionmaker(create_async_engine('postgresql+asyncpg://localhost/shop'))\n"
        f"async def get_db():\n    {block}\n        yield db\n"
        "async def save(db: AsyncSession = Depends(get_db)):\n    db.commit()\n"
    )
    assert ("await db.commit()" in fixed(code, RULE, tmp_path)) is is_safe


@pytest.mark.parametrize(("sends", "mark"), [("execute", ""), ("stream", "  # expect high")])
def test_a_result_is_what_the_function_returns_and_not_what_it_says(sends: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"{HEAD}from sqlalchemy.ext.asyncio import AsyncResult\n"
        "async def users(db: AsyncSession) -> AsyncResult:\n"
        f"    found = await db.{sends}(select(1))\n    return found.scalars()\n"
        f"async def work(db: AsyncSession):\n    found = await users(db)\n    return len(found.all()){mark}\n"
    )
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(("sends", "mark"), [("execute", ""), ("stream", "  # expect high")])
def test_a_result_is_what_was_awaited_and_not_what_its_name_is_annotated(sends: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"{HEAD}from sqlalchemy.ext.asyncio import AsyncResult\n"
        "class Users:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n    async def one(self):\n"
        f"        found: AsyncResult = await self.db.{sends}(select(1))\n"
        f"        found = found.first(){mark}\n        return bool(found)\n"
    )
    check_source(code, RULE, tmp_path)


ENGINE = (
    "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('postgresql+asyncpg://x')\n"
)
PLAIN = "from sqlalchemy import create_engine\nother = create_engine('postgresql+psycopg://x')\n"


@pytest.mark.parametrize(
    ("engines", "statement", "word"),
    [
        (ENGINE, "sa.text('select 1')", "medium"),
        (ENGINE, "sa.select(1).where(key == 1)", "medium"),
        (ENGINE, "key", "medium"),
        (ENGINE + "async def f(sessionmaker):\n    async with sessionmaker() as db:\n        pass\n", "key", "medium"),
        (ENGINE + "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\n", "key", "low"),
        (ENGINE + PLAIN, "sa.text('select 1')", "low"),
        ("", "sa.text('select 1')", "low"),
    ],
)
def test_a_name_and_a_statement_where_all_engines_are_async_give_medium_confidence(
    engines: str, statement: str, word: str, tmp_path: Path
) -> None:
    code = (
        "import sqlalchemy as sa\nasync def f(db_session, key):\n"
        f"    row = db_session.execute({statement})  # expect {word}\n    return row.scalar()\n"
    )
    check_source({"app/prices.py": code, "app/db.py": engines}, RULE, tmp_path)


MAPPER = """\
from abc import ABC, abstractmethod
from typing import Generic, TypeVar
M = TypeVar("M")
class Mapper(ABC, Generic[M]):
    @staticmethod
    @abstractmethod
    def as_row(model: {type}) -> dict: ...
"""


@pytest.mark.parametrize(("declared", "mark"), [("M", "  # expect medium"), ("T", ""), ("Any", "")])
def test_a_variable_of_the_class_stands_for_data(declared: str, mark: str, tmp_path: Path) -> None:
    work = body(
        f"user = db.scalar(select(1)){mark}",
        "return mapper.as_row(user)",
        signature="db: AsyncSession, mapper: Mapper[int]",
    )
    check_source(MAPPER.format(type=declared) + work, RULE, tmp_path)


@pytest.mark.parametrize(
    ("kinds", "mark"),
    [
        ("AsyncSession | async_scoped_session", "  # expect high"),
        ("AsyncSession | async_scoped_session | None", "  # expect high"),
        ("AsyncSession | Session", ""),
    ],
)
def test_a_session_or_the_registry_of_such_is_a_session(kinds: str, mark: str, tmp_path: Path) -> None:
    head = "from sqlalchemy.orm import Session\nfrom sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session\n"
    code = f"{head}type Some = {kinds}\nasync def work(it: Some, row):\n    it.refresh(row){mark}\n"
    check_source(code, RULE, tmp_path)


MANY = """\
def records(*sources):
    for source in sources:
        {each}
async def work(db: AsyncSession):
    files = db.execute(select(1)){mark}
    return list(records(files, files))
"""


@pytest.mark.parametrize(
    ("each", "mark"),
    [
        ("for record in source:\n            yield record", "  # expect medium"),
        ("yield [record for record in source]", "  # expect medium"),
        ("yield source", ""),
        ("yield asyncio.create_task(source)", ""),
        ("yield run(source)", ""),
    ],
)
def test_a_coroutine_among_many_that_are_looped_over_is_found(each: str, mark: str, tmp_path: Path) -> None:
    check_source(HEAD + MANY.format(each=each, mark=mark), RULE, tmp_path)


TWIN = """\
async def stop(db: AsyncSession):
    try:
        {tried}
    except {error}:
        engine.dispose(){mark}
"""


@pytest.mark.parametrize(
    ("tried", "error", "is_told"),
    [
        ("await engine.dispose()", "TypeError", False),
        ("await engine.dispose()", "(AttributeError, TypeError)", False),
        ("await engine.dispose()", "RuntimeError", True),
        ("await db.close()", "TypeError", True),
    ],
)
def test_what_follows_an_await_that_a_sync_twin_refuses(tried: str, error: str, is_told: bool, tmp_path: Path) -> None:
    mark = "  # expect high" if is_told else ""
    check_source(AWAITS + TWIN.format(tried=tried, error=error, mark=mark), RULE, tmp_path)


@pytest.mark.parametrize(
    "bound", ["AsyncSession", "'AsyncSession'", "AsyncSession | None", "(AsyncSession, Session)", ""]
)
def test_a_type_parameter_is_what_it_is_bound_to(bound: str, tmp_path: Path) -> None:
    said = f"S: {bound}" if bound else "S"
    mark = "  # expect high" if bound.strip("'").startswith("Async") else ""
    head = "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import Session\n"
    function = f"async def f[{said}](given: S):\n    given.commit(){mark}\n"
    method = f"class R[{said}]:\n    def __init__(self, given: S): self.given = given\n"
    method += f"    async def f(self):\n        self.given.commit(){mark}\n"
    check_source(head + function + method, "unawaited-session-call", tmp_path)


PLAIN = """\
from fastapi import Depends
from sqlalchemy.orm import Session
from app.db import get_db
def work(x: int, db: Session = Depends(get_db)):
    db.add(x)
    db.commit(){mark}
"""
MADE = """\
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import async_sessionmaker
Factory = {factory}()
{kind} get_db():
    {kept} Factory() as session:
        yield session
"""


@pytest.mark.parametrize(
    ("factory", "kind", "kept", "mark"),
    [("async_sessionmaker", "async def", "async with", "  # expect high"), ("sessionmaker", "def", "with", "")],
)
def test_a_file_without_a_word_of_asyncio_may_be_given_such_a_session(
    factory: str, kind: str, kept: str, mark: str, tmp_path: Path
) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": MADE.format(factory=factory, kind=kind, kept=kept),
        "app/routes.py": PLAIN.format(mark=mark),
    }
    check_source(files, RULE, tmp_path)


LENT = """\
from nonebot_plugin_datastore import create_session
from nonebot_plugin_orm import AsyncSession as OrmSession, async_scoped_session, get_session
from other import create_session as unknown
"""


@pytest.mark.parametrize(
    "code",
    [
        "async def f():\n    async with create_session() as sess:\n        sess.commit()  # expect high\n",
        "async def f():\n    async with get_session() as sess:\n        sess.commit()  # expect high\n",
        "async def f(sess: OrmSession):\n    sess.commit()  # expect high\n",
        "async def f(sess: async_scoped_session):\n    sess.commit()  # expect high\n",
        "async def f():\n    async with get_session() as sess:\n        await sess.commit()\n",
        "async def f():\n    async with unknown() as sess:\n        sess.send()\n",
    ],
)
def test_sessions_that_plugins_of_nonebot_lend_are_known(code: str, tmp_path: Path) -> None:
    check_source(LENT + code, RULE, tmp_path)


def test_a_name_is_told_by_what_is_awaited_of_it_and_not_of_another_that_was_called_so(tmp_path: Path) -> None:
    code = """\
async def f(path, lent, given):
    async with lent() as conn:
        await conn.execute(select(1))
        await conn.commit()
        conn.close()  # expect
    conn = given(path)
    conn.close()
async def g(lent, given):
    async with lent() as conn:
        await conn.execute(select(1))
    conn = given()
    await conn.execute(select(1))
    await conn.commit()
    conn.close()  # expect
"""
    check_source(HEAD + code, RULE, tmp_path)


CLASS_PROPERTY = """\
from sqlalchemy.ext.asyncio import async_scoped_session
from other import {decorator}
class Record:
    kept: async_scoped_session[AsyncSession] | None = None
    @{decorator}
    def Session(cls) -> async_scoped_session[AsyncSession]:
        return cls.kept
    async def save(self):
        async with self.Session{called} as db:
            db.add(self)
            db.commit(){mark}
"""


@pytest.mark.parametrize(
    ("decorator", "called", "mark"),
    [
        ("classproperty", "()", "  # expect high"),
        ("class_property", "()", "  # expect high"),
        ("turned_into_something", "()", "  # expect low"),
    ],
)
def test_a_property_of_the_class_is_read_like_one_of_the_object(
    decorator: str, called: str, mark: str, tmp_path: Path
) -> None:
    check_source(HEAD + CLASS_PROPERTY.format(decorator=decorator, called=called, mark=mark), RULE, tmp_path)


@pytest.mark.parametrize(
    ("uses", "told"),
    [
        ("    with pytest.raises(RuntimeError):\n        await asyncio.to_thread(asyncio.run, other_loop())\n", False),
        ("    with pytest.raises(RuntimeError):\n        await run(other_loop)\n", False),
        ("    await run(other_loop)\n    with pytest.raises(RuntimeError):\n        await run(other_loop)\n", True),
        ("    await run(other_loop)\n", True),
        ("", True),
    ],
)
def test_what_a_function_made_to_fail_does_is_no_fault(uses: str, told: bool, tmp_path: Path) -> None:
    expect = "  # expect high" if told else ""
    code = (
        f"import asyncio, pytest\nasync def test_f(db: AsyncSession):\n    async def other_loop():\n"
        f"        db.close(){expect}\n{uses}"
    )
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("imported", "mark"),
    [
        ("from typing import List\nfrom heads import *\n", "  # expect high"),
        ("from heads import AsyncSession, Depends\n", "  # expect high"),
        ("from others import *\n", ""),
    ],
)
def test_a_type_that_a_star_brings_is_known(imported: str, mark: str, tmp_path: Path) -> None:
    files = {
        "heads.py": "from fastapi import Depends\nfrom sqlalchemy.ext.asyncio import AsyncSession\n",
        "others.py": "class AsyncSession:\n    def commit(self): ...\ndef Depends(one): ...\n",
        "routes.py": f"{imported}async def f(session: AsyncSession = Depends(g)):\n    session.commit(){mark}\n",
    }
    check_source(files, "unawaited-session-call", tmp_path)


@pytest.mark.parametrize(
    ("loop", "mark"),
    [
        ("for engine, name in zip(engines, names)", "  # expect high"),
        ("for name, engine in zip(names, engines)", "  # expect high"),
        ("for number, (name, engine) in enumerate(zip(names, engines))", ""),
        ("for name, engine in zip(*names)", ""),
        ("for engine, name in zip(names, engines)", ""),
    ],
)
def test_what_stands_side_by_side_is_told_apart(loop: str, mark: str, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncEngine\n"
        f"async def f(engines: list[AsyncEngine], names: list[str]):\n    {loop}:\n        engine.dispose(){mark}\n"
    )
    check_source(code, "unawaited-session-call", tmp_path)
