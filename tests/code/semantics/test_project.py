"""What the project knows of a session reaches across modules, however it gets there."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from tests.support.lint_cases import check_source

RULE = "unawaited-session-call"
SA = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine, async_scoped_session
"""

SOURCES = {
    "what the calls in the file hand over": SA
    + """\
Factory = async_sessionmaker()
class Consumer:
    async def run(self):
        async with Factory() as session:
            await self._mark(session, key=1)
            await self._touch(session)
        await self._touch(object())
    async def _mark(self, session, *, key):
        session.execute(key)  # expect medium
    async def _touch(self, session):
        session.execute(1)  # expect low
""",
    "elements of a list": SA
    + """\
engine = create_async_engine("x")
async def f():
    conns = [await engine.connect() for _ in range(2)]
    for c in conns:
        c.close()  # expect high
    conns[0].commit()  # expect high
    conns[:1].commit()
async def g(one: AsyncSession, other: AsyncSession, shop):
    for db in (one, other):
        db.commit()  # expect high
    for thing in (one, shop):
        thing.clear()
""",
    "annotation": SA
    + """\
async def f(db: AsyncSession):
    db.commit()  # expect high
""",
    "optional": SA
    + """\
async def f(db: AsyncSession | None = None):
    db.commit()  # expect high
""",
    "typing optional": SA
    + """\
from typing import Optional
async def f(db: Optional['AsyncSession']):
    db.commit()  # expect high
""",
    "string": """\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession as AS
async def f(db: 'AS'):
    db.commit()  # expect high
""",
    "module attribute": """\
import sqlalchemy.ext.asyncio as sa
async def f(db: sa.AsyncSession):
    db.commit()  # expect high
""",
    "full path": """\
import sqlalchemy.ext.asyncio
async def f(db: sqlalchemy.ext.asyncio.AsyncSession):
    db.commit()  # expect high
""",
    "sqlmodel": """\
from sqlmodel.ext.asyncio.session import AsyncSession
async def f(db: AsyncSession):
    db.exec(1)  # expect high
""",
    "subclass": SA
    + """\
class Mine(AsyncSession): ...
async def f(db: Mine):
    db.commit()  # expect high
""",
    "type statement": SA
    + """\
type S = AsyncSession
async def f(db: S):
    db.commit()  # expect high
""",
    "type alias": SA
    + """\
from typing import Annotated, TypeAlias
DB: TypeAlias = Annotated[AsyncSession, 'shop']
async def f(db: DB):
    db.commit()  # expect high
""",
    "new type": SA
    + """\
from typing import NewType
S = NewType('S', AsyncSession)
async def f(db: S):
    db.commit()  # expect high
""",
    "bare annotation": SA
    + """\
async def f(x):
    db: AsyncSession = x.y
    db.commit()  # expect high
""",
    "factory": SA
    + """\
Factory = async_sessionmaker()
async def f():
    async with Factory() as db:
        db.commit()  # expect high
""",
    "factory begin": SA
    + """\
Factory = async_sessionmaker()
async def f():
    async with Factory.begin() as db:
        db.flush()  # expect high
""",
    "what is awaited on the parameter of another function that the same call is given": SA
    + """\
class Repo:
    async def one(self):
        async def query(session):
            return await session.execute(1)
        return await self.run(query)
    async def two(self):
        async def other(session):
            rows = session.execute(2)  # expect medium
            return rows.all()
        return await self.run(other)
    async def three(self):
        async def query(session):
            session.flush()  # expect low
        return await self.visit(query)
""",
    "the session of a mapped object": SA
    + """\
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import async_object_session
async def f(row):
    session = inspect(row).async_session
    if session is None:
        raise ValueError
    session.commit()  # expect high
    state = inspect(row)
    state.async_session.commit()  # expect high
    async_object_session(row).commit()  # expect high
    state.session.commit()
""",
    "async with, whatever the annotation says": SA
    + """\
from sqlalchemy.orm import sessionmaker
async def f(make: sessionmaker):
    async with make() as db:
        db.commit()  # expect medium
    with make() as db:
        db.commit()
""",
    "an async factory annotated as a sync one": """\
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession
make = sessionmaker(class_=AsyncSession)
class Store:
    make: sessionmaker = make
    async def work(self):
        async with self.make() as db:
            db.commit()  # expect high
""",
    "class_": """\
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession
F = sessionmaker(class_=AsyncSession)
async def f():
    async with F() as db:
        db.flush()  # expect high
""",
    "context manager": SA
    + """\
from contextlib import asynccontextmanager
@asynccontextmanager
async def scope():
    async with async_sessionmaker()() as s:
        yield s
async def f():
    async with scope() as db:
        db.flush()  # expect high
""",
    "async for": SA
    + """\
async def get_db():
    async with async_sessionmaker()() as s:
        yield s
async def f():
    async for db in get_db():
        db.flush()  # expect high
""",
    "anext": SA
    + """\
async def get_db():
    async with async_sessionmaker()() as s:
        yield s
async def f():
    db = await anext(get_db())
    db.flush()  # expect high
""",
    "exit stack": SA
    + """\
from contextlib import AsyncExitStack
F = async_sessionmaker()
async def f():
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(F())
        db.flush()  # expect high
""",
    "engine": SA
    + """\
engine = create_async_engine('x')
async def f():
    async with engine.begin() as conn:
        conn.execute(1)  # expect high
""",
    "dataclass": SA
    + """\
from dataclasses import dataclass
@dataclass
class R:
    db: AsyncSession
    async def f(self):
        self.db.flush()  # expect high
""",
    "property": SA
    + """\
class R:
    @property
    def db(self) -> AsyncSession: ...
    async def f(self):
        self.db.flush()  # expect high
""",
    "self": SA
    + """\
class R:
    def __init__(self, db: AsyncSession):
        self._db = db
    async def f(self):
        self._db.flush()  # expect high
""",
    "callable": SA
    + """\
from typing import Callable, AsyncContextManager
async def f(make: Callable[[], AsyncContextManager[AsyncSession]]):
    async with make() as db:
        db.flush()  # expect high
""",
    "inferred return": SA
    + """\
F = async_sessionmaker()
def make():
    return F()
async def f():
    db = make()
    db.flush()  # expect high
""",
    "scoped": SA
    + """\
S = async_scoped_session(async_sessionmaker(), None)
async def f():
    S.commit()  # expect high
""",
    "transaction": SA
    + """\
async def f(db: AsyncSession):
    tx = await db.begin()
    tx.commit()  # expect high
""",
    "stream": SA
    + """\
async def f(db: AsyncSession):
    rows = await db.stream(1)
    return rows.all()  # expect high
""",
    "a framework's generic": SA
    + """\
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from strawberry.types import Info
class Sessions:
    def __init__(
        self,
        db: Callable[[], AbstractAsyncContextManager[AsyncSession]],
        replica: Callable[[], AbstractAsyncContextManager[AsyncSession]] | None = None,
    ):
        self._db = db
        self._replica = replica or db
    def __call__(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._db()
    def read(self):
        return self._replica()
class Context:
    db: Sessions
async def f(info: Info[Context, None], name: Info[str, None]):
    async with info.context.db() as db:
        db.flush()  # expect medium
    async with info.context.db.read() as db:
        db.flush()  # expect medium
    async with info.path.db() as db, name.context.db() as other:
        db.flush()  # expect low
        other.flush()
""",
    "what a library's class is given": SA
    + """\
from library import Repository
class Base[T](Repository[T]):
    def __init__(self, session: AsyncSession, **options):
        super().__init__(session=session, **options)
class Users(Base[int]):
    async def f(self):
        self.session.flush()  # expect medium
        self.other.flush()
class Either(Repository[int]):
    def __init__(self, session):
        self.session = session
class Books(Either):
    def __init__(self, session: AsyncSession):
        super().__init__(session)
    def f(self):
        self.session.flush()  # expect medium
""",
    "a container": SA
    + """\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
async def f(container, request):
    db = await request.state.container.get(AsyncSession)
    db.flush()  # expect medium
    container.resolve(Users).db.flush()  # expect medium
    user = await container.get(Users, 1)
    user.db.flush()  # expect low
""",
    "entering a subclass": SA
    + """\
class Base:
    async def __aenter__(self):
        return self
class Users(Base):
    def __init__(self, db: AsyncSession):
        self.db = db
async def f(users: Users):
    async with users as opened:
        opened.db.flush()  # expect high
""",
    "a list of sessions": SA
    + """\
async def f(shards: list[AsyncSession], names: list[str]):
    shards[0].flush()  # expect high
    for shard in shards:
        shard.commit()  # expect high
    for name in names:
        name.commit()
""",
    "wrong annotation": """\
from sqlalchemy.orm import Session
async def f(db: Session):
    await db.execute(1)
    await db.flush()
    db.commit()  # expect medium
""",
}


@pytest.mark.parametrize("code", SOURCES.values(), ids=SOURCES.keys())
def test_a_session_is_known_from(code: str, tmp_path: Path) -> None:
    check_source(code, RULE, tmp_path)


PACKAGES: dict[str, dict[str, str]] = {
    "an Annotated alias re-exported by a package": {
        "src/shop/db/__init__.py": "from .session import SessionDep\n",
        "src/shop/db/session.py": SA
        + """\
from typing import Annotated
from fastapi import Depends
async def get_db(): ...
SessionDep = Annotated[AsyncSession, Depends(get_db)]
""",
        "src/shop/api.py": """\
from shop.db import SessionDep
async def f(db: SessionDep):
    db.commit()  # expect high
""",
    },
    "what a dependency yields": {
        "app/db.py": SA
        + """\
F = async_sessionmaker()
async def get_db():
    async with F() as session:
        yield session
""",
        "app/api.py": """\
from fastapi import Depends
from .db import get_db
async def f(db=Depends(get_db)):
    db.commit()  # expect high
""",
        "app/__init__.py": "",
    },
    "a module-level Depends object": {
        "deps.py": SA
        + """\
from fastapi import Depends
async def get_db() -> AsyncSession: ...
db = Depends(get_db)
""",
        "api.py": """\
import deps
async def f(session=deps.db):
    session.commit()  # expect high
""",
    },
    "an attribute of a base class in another module": {
        "base.py": SA
        + """\
class Base:
    def __init__(self, session: AsyncSession):
        self.session = session
""",
        "users.py": """\
from base import Base
class Users(Base):
    async def f(self):
        self.session.commit()  # expect high
""",
    },
    "a star import": {
        "db.py": SA + "Factory = async_sessionmaker()\n",
        "job.py": """\
from db import *
async def f():
    async with Factory() as s:
        s.commit()  # expect high
""",
    },
    "the state of a request": {
        "app.py": SA
        + """\
Factory = async_sessionmaker()
async def add_session(request, call_next):
    async with Factory() as session:
        request.state.db = session
        return await call_next(request)
""",
        "api.py": """\
async def f(request):
    request.state.db.commit()  # expect medium
    request.state.user.commit()
    request.state.db.add(1)
""",
    },
    "the state of an application": {
        "app.py": SA
        + """\
def lifespan(app):
    app.state.make_session: async_sessionmaker = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/shop"))
""",
        "api.py": """\
async def f(request):
    async with request.app.state.make_session() as s:
        s.commit()  # expect medium
""",
    },
    "a state that is set to two things": {
        "app.py": SA
        + """\
from aiohttp import ClientSession
def start(app):
    app.state.client = AsyncSession()
def start_other(app):
    app.state.client = ClientSession()
""",
        "api.py": """\
async def f(request):
    request.app.state.client.close()
""",
    },
    "dishka, Litestar and fastapi-users where annotated": {
        "api.py": SA
        + """\
from typing import Annotated, AsyncIterable
from dishka import FromDishka, Provider, provide
from fastapi import Depends
from fastapi_users.db import SQLAlchemyUserDatabase
from litestar import get
from litestar.di import Provide
class Database(Provider):
    @provide
    async def session(self, factory: async_sessionmaker[AsyncSession]) -> AsyncIterable[AsyncSession]:
        async with factory() as s:
            s.flush()  # expect high
            yield s
async def with_dishka(session: FromDishka[AsyncSession]):
    session.commit()  # expect high
@get("/")
async def with_litestar(db_session: AsyncSession, other: Annotated[AsyncSession, Provide(Database)]) -> None:
    db_session.commit()  # expect high
    other.commit()  # expect high
async def get_session():
    async with async_sessionmaker()() as s:
        yield s
async def get_users(session: Annotated[AsyncSession, Depends(get_session)]):
    session.commit()  # expect high
    yield SQLAlchemyUserDatabase(session, None)
""",
    },
    "a fixture of conftest.py": {
        "tests/conftest.py": SA
        + """\
import pytest
@pytest.fixture
async def db():
    async with async_sessionmaker()() as s:
        yield s
""",
        "tests/test_it.py": """\
async def test_f(db):
    db.commit()  # expect high
""",
    },
}


@pytest.mark.parametrize("files", PACKAGES.values(), ids=PACKAGES.keys())
def test_a_session_is_known_across_modules_from(files: dict[str, str], tmp_path: Path) -> None:
    check_source(files, RULE, tmp_path)


def test_an_await_in_one_method_proves_nothing_of_a_plain_one_whichever_is_asked_first(tmp_path: Path) -> None:
    path = tmp_path / "repo.py"
    path.write_text(
        "from sqlalchemy.orm import Session\n" + SA + "class Repo:\n"
        "    def __init__(self, session: AsyncSession | Session):\n        self.session = session\n"
        "    async def save(self):\n        await self.session.commit()\n"
        "    def save_sync(self):\n        self.session.commit()\n"
    )
    for way in (1, -1):
        project = Project(tmp_path)
        file = project.open(path)
        assert file is not None
        calls = sorted(file.calls("commit"), key=lambda one: one.start)[::way]
        kinds = [project.known(one.receiver).kind for one in calls if one.receiver is not None][::way]
        assert kinds == [Kind.ASYNC_SESSION, Kind.UNKNOWN]
