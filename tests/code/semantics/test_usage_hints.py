"""What the uses of a name make of it: those of a session do, those of another's object or in a branch that asks do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source

RULE = "unawaited-session-call"
HEAD = "import sqlalchemy as sa\n"
CODES = {
    "of a session": """\
async def f(db):
    await db.execute(sa.select(1))
    db.commit()  # expect medium
""",
    "begun and streamed": """\
async def f(db):
    async with await db.begin():
        await db.stream(sa.select(1))
        await db.execute(sa.select(1))
    db.commit()  # expect medium
""",
    "of an object of the project's own": """\
async def f(db):
    await db.execute_write("insert")
    await db.execute("select 1")
    db.close()
""",
    "of a connection of aiopg": """\
from aiopg.sa import create_engine
async def f(conn):
    await conn.execute(sa.select(1))
    async for row in conn.execute(sa.select(1)):
        print(row)
""",
    "of an attribute with methods that no session has": """\
class Store:
    async def f(self):
        await self.db.execute(sa.select(1))
        await self.db.load_users()
    async def g(self):
        self.db.commit()
""",
    "of a name of the module, where functions have one of their own": """\
from sqlalchemy.orm import scoped_session, sessionmaker
session: scoped_session = scoped_session(sessionmaker())
async def f(make):
    async with make() as session:
        await session.commit()
async def g(session):
    await session.commit()
    await session.rollback()
def h():
    session.commit()
    return session.execute(sa.select(1)).all()
""",
    "of a name of the module, in the functions that mean it": """\
from sqlalchemy.orm import scoped_session, sessionmaker
session: scoped_session = scoped_session(sessionmaker())
async def f():
    await session.commit()
async def g():
    await session.rollback()
def h():
    session.commit()  # expect medium
""",
    "in the branch that asks": """\
from sqlalchemy.ext.asyncio import AsyncSession
NEW = True
async def f(info):
    session = info.session
    if NEW and isinstance(session, AsyncSession):
        session.commit()  # expect high
        return (await session.scalars(sa.select(1))).all()
    session.commit()
    return session.query(int).all()
""",
}


@pytest.mark.parametrize("kind", CODES)
def test_uses(kind: str, tmp_path: Path) -> None:
    check_source(HEAD + CODES[kind], RULE, tmp_path, least=Confidence.MEDIUM)


def test_a_session_of_either_kind_is_asked_as_it_is_where_it_is_tested(tmp_path: Path) -> None:
    code = HEAD + CODES["in the branch that asks"].replace("  # expect high", "")
    check_source(code, "query-on-async-session", tmp_path, least=Confidence.MEDIUM)


EITHER = """\
from typing import TypeVar, Union
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_scoped_session
Either = Union[AsyncConnection, AsyncSession, async_scoped_session]
C = TypeVar("C", bound=Either)
async def a(one: Union[AsyncConnection, AsyncSession]):
    return one.execute(select(1)).all()  # expect medium
async def b(one: AsyncConnection | AsyncSession | None):
    one.commit()  # expect medium
    one.flush()
async def c(one: C):
    one.execute(select(1))  # expect medium
async def d(one: AsyncSession | Session):
    one.commit()
async def e(engine: AsyncEngine):
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(select(1))  # expect high
"""


def test_what_may_be_a_session_or_a_connection_awaits_what_both_do(tmp_path: Path) -> None:
    check_source(EITHER, RULE, tmp_path, least=Confidence.MEDIUM)


SET = """\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
class Database:
    def __init__(self, url):
        self.engine = create_async_engine(url)
    async def init(self):
        async with self.engine.begin() as connection:
            await connection.run_sync(print)
class Init:
    def __init__(self, app, other):
        self.app = app
        self.other = other
    async def start(self):
        self.app.database = Database("x")
        self.app.database.init()  # expect medium
        self.other.database.init()
    async def again(self, new):
        if new:
            self.app.database = Database("x")
        self.app.database.init()
    async def another(self, app):
        app.database = Database("x")
        app = self.other
        app.database.init()
"""


def test_what_a_function_has_set_an_attribute_to(tmp_path: Path) -> None:
    check_source(SET, "unawaited-data-access", tmp_path, least=Confidence.MEDIUM)


ALCHEMY = """\
from {package} import {repository}, SQLAlchemyAsyncRepositoryService
from sqlalchemy import select
class Users({repository}[int]):
    model_type = int
class UserService(SQLAlchemyAsyncRepositoryService[int]):
    repository_type = Users
async def f(users: Users, service: UserService):
    users.session.flush(){mark}
    row = service.repository.session.execute(select(int)){mark}
    return row.all()
"""
ASYNC, SYNC = "SQLAlchemyAsyncSlugRepository", "SQLAlchemySyncRepository"


@pytest.mark.parametrize(
    ("package", "repository", "is_told"),
    [
        ("advanced_alchemy.repository", ASYNC, True),
        ("litestar.plugins.sqlalchemy.repository", ASYNC, True),
        ("advanced_alchemy.repository", SYNC, False),
        ("elsewhere", ASYNC, False),
    ],
)
def test_the_session_of_a_repository_of_advanced_alchemy(
    package: str, repository: str, is_told: bool, tmp_path: Path
) -> None:
    code = ALCHEMY.format(package=package, repository=repository, mark="  # expect medium" if is_told else "")
    check_source(code, RULE, tmp_path, least=Confidence.MEDIUM)


REPOSITORY = """\
from advanced_alchemy.repository import {repository}
class Users:
    def __init__(self, repo: {annotation}):
        self.repo = repo
    async def save(self):
        self.repo.session.commit(){mark}
        await self.repo.add(1)
"""


@pytest.mark.parametrize(
    ("repository", "annotation", "is_told"),
    [
        ("SQLAlchemyAsyncRepository", "SQLAlchemyAsyncRepository", True),
        ("SQLAlchemyAsyncRepository", "SQLAlchemyAsyncRepository[User]", True),
        ("SQLAlchemyAsyncRepository", "SQLAlchemyAsyncRepository | None", True),
        ("SQLAlchemySyncRepository", "SQLAlchemySyncRepository", False),
        ("SQLAlchemyAsyncConfig", "SQLAlchemyAsyncConfig", False),
    ],
)
def test_a_repository_of_advanced_alchemy_itself(
    repository: str, annotation: str, is_told: bool, tmp_path: Path
) -> None:
    mark = "  # expect medium" if is_told else ""
    code = REPOSITORY.format(repository=repository, annotation=annotation, mark=mark)
    check_source(code, RULE, tmp_path, least=Confidence.MEDIUM)


SHARED = """\
from contextlib import asynccontextmanager
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker
class Store:
    made = None
    maker: sessionmaker
    def __init__(self, url):
        if Store.made is None:
            {target}.made = sessionmaker({engine}(url){class_})
        self.maker = Store.made
    @asynccontextmanager
    async def lend(self):
        session = self.maker()
        yield session
async def f():
    async with Store("x").lend() as session:
        rows = session.execute(select(int)).all(){mark}
    return rows
"""
OF_ASYNCIO = ("create_async_engine", ", class_=AsyncSession")


@pytest.mark.parametrize("target", ["Store", "self.__class__"])
@pytest.mark.parametrize(("engine", "class_"), [OF_ASYNCIO, ("create_engine", "")])
def test_what_a_method_sets_on_its_class(target: str, engine: str, class_: str, tmp_path: Path) -> None:
    mark = "  # expect" if class_ else ""
    code = SHARED.format(target=target, engine=engine, class_=class_, mark=mark)
    check_source(code, RULE, tmp_path, least=Confidence.MEDIUM)


CHOSEN = """\
import contextlib
from typing import AsyncGenerator, Callable
from sqlalchemy.ext.asyncio import AsyncSession
async def usual() -> AsyncGenerator[AsyncSession, None]:
    yield AsyncSession()
async def make(name: str, given: Callable[[], AsyncGenerator[AsyncSession, None]] | None = None):
    opened = contextlib.asynccontextmanager({choice})
    async with opened() as session:
        await register(session, name)
async def register(session, name): ...
async def f():
    make("a"){mark}
    await make("b")
"""


@pytest.mark.parametrize(
    ("choice", "is_told"),
    [("given or usual", True), ("given if given else usual", True), ("given or unknown", False)],
)
def test_a_manager_of_what_was_given_or_is_usual(choice: str, is_told: bool, tmp_path: Path) -> None:
    code = CHOSEN.format(choice=choice, mark="  # expect" if is_told else "")
    check_source(code, "unawaited-data-access", tmp_path, least=Confidence.MEDIUM)


NESTED = """\
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession
def upgrade(bind, run):
    session = Session(bind)
    async def inner({given}):
        {own}
        await session.execute(sa.select(1))
        await session.commit()
    run(inner)
    session.execute(sa.delete(1)){mark}
    session.commit(){mark}
"""


@pytest.mark.parametrize(
    ("given", "own", "mark"),
    [
        ("connection", "session = AsyncSession(connection)", ""),
        ("session: AsyncSession", "pass", ""),
        ("maker", "session = maker()", ""),
        ("connection", "pass", "  # expect medium"),
    ],
)
def test_a_function_within_it_may_have_a_name_of_its_own_like_that(
    given: str, own: str, mark: str, tmp_path: Path
) -> None:
    check_source(HEAD + NESTED.format(given=given, own=own, mark=mark), RULE, tmp_path)


TWINS = """\
from typing import Generic, TypeAlias, TypeVar
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session
Plain: TypeAlias = {quote}Session | scoped_session[Session]{quote}
Async: TypeAlias = {quote}AsyncSession | async_scoped_session[AsyncSession]{quote}
Either: TypeAlias = {quote}Plain | Async{quote}
SessionT = TypeVar("SessionT", bound={quote}Either{quote})
T = TypeVar("T")
class Repository(Generic[T, SessionT]):
    def __init__(self, model: type[T], session: SessionT) -> None:
        self.session = session
class OfPlain(Repository[T, Plain]):
    def load(self, q):
        rows = self.session.execute(q).all()
        with self.session.begin_nested() as nested:
            nested.commit()
        return rows
class OfAsync(Repository[T, Async]):
    async def load(self, q):
        return self.session.execute(q).all()  # expect high
def both(a: Plain, c: Either):
    a.execute(sa.select(1))
    c.execute(sa.select(1))
"""


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("rule", [RULE, "sync-with-on-async-session"])
def test_an_alias_of_a_session_and_its_registry_stands_for_one_kind(quote: str, rule: str, tmp_path: Path) -> None:
    code = HEAD + TWINS.format(quote=quote)
    check_source(code if rule == RULE else code.replace("  # expect high", ""), rule, tmp_path)


ASKED_FIRST = """\
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession
async def load(db: {kind}, q, flag):
    if {asked}:
        rows = await db.execute(q)
    else:
        rows = db.execute(q){mark}
    return rows.all()
"""


@pytest.mark.parametrize(
    ("asked", "mark"),
    [
        ("is_async(db)", ""),
        ("isinstance(db, AsyncSession)", ""),
        ("flag.is_async", ""),
        ("flag", "  # expect"),
    ],
)
@pytest.mark.parametrize("kind", ["AsyncSession", "Session | AsyncSession"])
def test_the_branch_for_the_other_kind_awaits_nothing(kind: str, asked: str, mark: str, tmp_path: Path) -> None:
    check_source(HEAD + ASKED_FIRST.format(kind=kind, asked=asked, mark=mark), RULE, tmp_path)


ALIKE = """\
import sqlalchemy as sa
from sqlalchemy.orm import Session
{start} f(session: Session):
    {awaited}session.execute(sa.select(1))
async def g(session: Session):
    session.commit(){mark}
async def other(db: Session, session: str):
    db.commit()
"""


@pytest.mark.parametrize(
    ("start", "awaited", "mark"),
    [
        ("async def", "await ", "  # expect medium"),
        ("async def", "", ""),
        ("def", "", ""),
    ],
)
@pytest.mark.parametrize("declared", ["Session", "orm.Session"])
def test_what_is_declared_alike_and_awaited_elsewhere_is_no_sync_session(
    declared: str, start: str, awaited: str, mark: str, tmp_path: Path
) -> None:
    code = ALIKE.format(start=start, awaited=awaited, mark=mark)
    code = code.replace(": Session", f": {declared}").replace(
        "import Session", "import Session\nfrom sqlalchemy import orm"
    )
    check_source(code, RULE, tmp_path)


@pytest.mark.parametrize(("awaited", "mark"), [("await ", "medium"), ("x = ", "low")])
def test_what_is_called_like_a_session_and_awaited_elsewhere_is_one(awaited: str, mark: str, tmp_path: Path) -> None:
    code = f"async def f(session):\n    {awaited}session.flush  ()\nasync def g(session):\n    session.commit()  # expect {mark}\n"
    code = code.replace("flush  ()", "flush()") if awaited == "await " else code.replace("flush  ()", "flush")
    check_source(HEAD + code, RULE, tmp_path)


def test_who_calls_it_plainly_in_one_function_means_a_sync_session(tmp_path: Path) -> None:
    code = ALIKE.format(start="async def", awaited="await ", mark="")
    check_source(code + "async def h(session: Session):\n    session.rollback()\n", RULE, tmp_path)
