"""A coroutine of the project that uses a session is found where nobody awaits it; one that somebody awaits is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS

RULE = "unawaited-data-access"
FOUND = (
    """\
async def store(db: AsyncSession, number: int = 0):
    await db.flush()
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    @classmethod
    async def make(cls, db: AsyncSession):
        return await db.get(cls, 1)
    async def f(self):
        type(self).make(self.db)  # expect high
        self.__class__.make(self.db)  # expect high
async def f(db: AsyncSession, many: list[int]):
    [store(db, one) for one in many]  # expect high
    {store(db, one) for one in many}  # expect high
    (store(db), 1)  # expect high
    [store(db)]  # expect high
""",
    """\
from typing import Literal, overload
@overload
async def load(db: AsyncSession, many: Literal[False]) -> int: ...
@overload
async def load(db: AsyncSession, many: Literal[True]) -> list[int]: ...
async def load(db: AsyncSession, many: bool):
    return await db.get(int, 1)
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    @overload
    async def load(self, many: Literal[False]) -> int: ...
    @overload
    async def load(self, many: Literal[True]) -> list[int]: ...
    async def load(self, many: bool):
        return await self.db.get(int, 1)
async def f(db: AsyncSession):
    load(db, True)  # expect high
    Repo(db).load(True)  # expect high
""",
    """\
class Base:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def all(self):
        return await self.db.scalars(select(int))
class Users(Base):
    def __init__(self, db):
        super().__init__(db)
    async def all(self):
        return list(await super().all())
async def names(users: Users):
    users.all()  # expect high
    for one in users.all():  # expect high
        print(one)
""",
    """\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def one(self, key):
        return await self.db.get(int, key)
    async def all(self):
        return await fetch_all(self.db)
    async def names(self, key):
        user = self.one(key)  # expect high
        for other in self.all():  # expect high
            print(other)
        return user.name
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
async def f(repo: Repo):
    repo.save()  # expect high
""",
    """\
async def save(db: AsyncSession):
    await db.commit()
async def f(db: AsyncSession):
    save(db)  # expect high
""",
    """\
async def has(db: AsyncSession):
    return await db.scalar(select(1))
async def f(db: AsyncSession):
    if not has(db):  # expect high
        return 1
""",
    """\
async def load(db: AsyncSession):
    return await db.scalars(select(1))
async def f(db: AsyncSession):
    for row in load(db):  # expect high
        print(row)
""",
    """\
async def load(db: AsyncSession):
    return await db.get(int, 1)
async def f(db: AsyncSession):
    user = load(db)  # expect high
    return user.name
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
    async def twice(self):
        await self.save()
        self.save()  # expect high
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
class Service:
    def __init__(self, repo: Repo):
        self.repo = repo
    async def run(self):
        self.repo.save()  # expect high
""",
    """\
async def load(db: AsyncSession):
    return await db.get(int, 1)
async def f(db: AsyncSession):
    return load(db)  # expect high
""",
    """\
async def load(session, key):
    rows = await session.execute(select(1))
    return rows.first()
async def f(session):
    load(session, 1)  # expect
""",
    """\
import functools
def needs(scope):
    def decorate(function):
        @functools.wraps(function)
        async def checked(*args):
            return await function(*args)
        return checked
    return decorate
@needs("users")
async def load(db: AsyncSession):
    return await db.get(int, 1)
async def f(db: AsyncSession):
    load(db)  # expect medium
""",
    """\
async def load(db: AsyncSession):
    return await db.get(int, 1)
class Page:
    def __init__(self, user):
        self.name = user.name
def show(user: int):
    print(user)
async def f(db: AsyncSession, pages):
    print(load(db))  # expect high
    show(load(db))  # expect high
    pages.render(user=load(db))  # expect medium
    user = load(db)  # expect medium
    return Page(user)
async def g(db: AsyncSession):
    user = load(db)  # expect high
    return user
""",
    """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    def save(self):
        return self.session.commit()
    def one(self, key):
        if key:
            return self.session.get(int, key)
        return self.session.get(int, 0)
async def load(db: AsyncSession):
    return await db.get(int, 1)
def later(db):
    return load(db)
async def f(repo: Repo, db: AsyncSession):
    repo.save()  # expect high
    user = repo.one(1)  # expect high
    later(db)  # expect high
    return user.name
""",
    """\
from abc import ABC, abstractmethod
from typing import Protocol, overload
class Users(Protocol):
    async def one(self, db: AsyncSession, key: int) -> int: ...
class Orders(ABC):
    @abstractmethod
    async def save(self, db: AsyncSession) -> None:
        raise NotImplementedError
class Parcels:
    @overload
    async def get(self, db: AsyncSession, key: int) -> int: ...
    @overload
    async def get(self, db: AsyncSession, key: str) -> str: ...
    async def get(self, db, key):
        return await db.get(int, key)
class Service:
    def __init__(self, users: Users, orders: Orders):
        self._users = users
        self._orders = orders
    async def run(self, db: AsyncSession, parcels: Parcels):
        self._orders.save(db)  # expect high
        parcel = parcels.get(db, 1)  # expect high
        user = self._users.one(db, 1)  # expect high
        return user.name, parcel.weight
""",
    """\
class Database:
    def __init__(self) -> None:
        self._engine = engine
class Users(Database):
    async def one(self, key): ...
async def fetch(db: AsyncSession):
    return await db.scalar(select(1))
async def checked(key):
    async def inner(db: AsyncSession):
        return await fetch(db)
    return await inner(key)
async def load(key):
    return await checked(key)
async def show(users: Users, title):
    return title
async def f(users: Users):
    user = load(1)  # expect high
    show(users, "x")  # expect high
    return user.name
""",
    """\
from typing_extensions import deprecated
from tenacity import retry
from elsewhere import in_scope
@deprecated("use another")
async def load(db: AsyncSession):
    return await db.get(int, 1)
@retry(attempts=3)
async def save(db: AsyncSession):
    await db.commit()
@in_scope("users")
async def remove(db: AsyncSession):
    await db.rollback()
async def f(db: AsyncSession):
    save(db)  # expect medium
    remove(db)  # expect medium
    await remove(db)
    user = load(db)  # expect high
    return user.name
""",
    """\
from typing import Protocol
async def load(db: AsyncSession):
    return await db.get(int, 1)
class Parcels(Protocol):
    async def save(self, parcel: int, owner) -> None: ...
class SubmittedParcel:
    parcel: int
    def __init_subclass__(cls): ...
def truncate(text: str):
    return text[:1]
def told(text, **values):
    return text.format(**values)
async def f(db: AsyncSession, parcels: Parcels):
    parcel = load(db)  # expect high
    await parcels.save(parcel, owner=1)
    short = truncate(load(db))  # expect high
    said = told("{n}", n=load(db))  # expect medium
    return SubmittedParcel(parcel=load(db)), short, said  # expect high
""",
    """\
from typing import Generic, TypeVar
R = TypeVar("R")
Q = TypeVar("Q")
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def one(self, key):
        return await self.db.get(int, key)
class Service(Generic[R]):
    cache: dict
    def __init__(self, repo: R):
        self.repo = repo
class Named(Service[Q], Generic[Q]):
    backup: "Q | None"
class UserService(Named[Users]):
    async def f(self):
        user = self.repo.one(1)  # expect high
        self.backup.one(2)  # expect high
        self.cache.one(3)
        return user.name
class Plain(Service):
    async def f(self):
        self.repo.one(1)
""",
    """\
class Users:
    async def one(self, db: AsyncSession, key):
        return await db.get(int, key)
class Service[M, R: Users]:
    repo: R
class UserService(Service[int, Users]):
    async def f(self, db: AsyncSession):
        return self.repo.one(db, 1).name  # expect high
""",
    """\
from abc import ABC, abstractmethod
from typing import Protocol
class Users(ABC):
    @abstractmethod
    async def one(self, key): ...
class Names(Protocol):
    async def of(self, key) -> str: ...
class StoredUsers(Users):
    def __init__(self, db: AsyncSession):
        self.db = db
    async def one(self, key):
        return await self.db.get(int, key)
class StoredNames:
    async def of(self, key):
        async with Factory() as session:
            return await session.scalar(select(key))
async def f(users: Users, names: Names):
    user = users.one(1)  # expect medium
    names.of(1)  # expect medium
    return user.name
""",
    """\
from elsewhere import crud
async def load(db: AsyncSession): ...
async def f(db: AsyncSession):
    await crud.load(db=db)
    if crud.load(db=db):  # expect medium
        crud.load(db=db)  # expect medium
    return crud.load(db=db)  # expect medium
""",
    """\
from typing import Annotated, Any
from fastapi import Depends
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
class Users(Repo):
    async def one(self, key):
        return await self.db.get(int, key)
class AdminUsers(Users):
    async def all(self):
        return await self.db.get(int, 1)
def repository(class_):
    def made() -> Repo:
        return class_(1)
    return made
def whatever() -> dict: ...
def admins() -> AdminUsers: ...
async def f(
    users: Annotated[Users, Depends(repository(Users))],
    others: Annotated[Users, Depends(whatever)],
    more: Annotated[Users, Depends(admins)],
):
    if not users.one(1):  # expect high
        return None
    others.one(1)  # expect high
    more.all()  # expect high
    return users.one(2).name  # expect high
""",
    """\
made = None
def stores():
    global made
    if made is not None:
        return made
    class Store:
        @classmethod
        async def one(cls, db: AsyncSession):
            return await db.get(cls, 1)
    class Other: ...
    made = (Other, Store)
    return made
class Holder:
    def __init__(self):
        other, store = stores()
        self.store = store
        self.other = other
    async def load(self, db: AsyncSession):
        self.other.one(db)
        return self.store.one(db)  # expect high
async def opened():
    return 1, Factory()
async def f():
    key, session = await opened()
    session.get(int, key)
    user = Holder().load(session)  # expect high
    return user.name
""",
    """\
from typing import Type, TypeVar
T = TypeVar("T")
ModelType = TypeVar("ModelType", bound="Base")
class Base:
    @classmethod
    async def one(cls: Type[T], db: AsyncSession, key) -> T:
        found = await db.get(cls, key)
        return found or cls.made(db)  # expect high
    @classmethod
    async def made(cls: type[ModelType], db: AsyncSession) -> ModelType | None:
        return await db.get(cls, 1)
class User(Base):
    async def load(self: ModelType, db: AsyncSession) -> ModelType:
        return await db.get(int, 1)
    async def names(self, db: AsyncSession):
        return await db.get(int, 1)
async def f(db: AsyncSession):
    user = await User.one(db, 1)
    user.names(db)  # expect high
    (await user.load(db)).names(db)  # expect high
    names = (await User.made(db)).names(db)  # expect high
    return names.all
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
    @classmethod
    async def load(cls, db: AsyncSession):
        return await db.get(int, 1)
class Other(Repo): ...
TYPES: dict[str, type[Repo]] = {"a": Repo, "b": Other}
async def f(db: AsyncSession, named: dict[str, Repo]):
    held = {"a": Repo(db)}
    made = {key: Repo(db) for key in "ab"}
    TYPES["a"].load(db)  # expect high
    TYPES.get("b").load(db)  # expect high
    named["a"].save()  # expect high
    made["a"].save()  # expect high
    for repo in held.values():
        repo.save()  # expect high
    for key, repo in held.items():
        repo.save()  # expect high
    for n, repo in enumerate([Repo(db)]):
        repo.save()  # expect high
    for type_ in (Repo, Repo):
        type_.load(db)  # expect high
    next((repo for repo in [Repo(db)] if repo), None).save()  # expect high
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
class Users(Repo): ...
class Uow:
    def __init__(self, db: AsyncSession):
        self._users = Users(db)
    @property
    def users(self) -> Repo:
        return self._users
    async def f(self):
        self.users.save()  # expect high
        coroutine = self.users.save()  # expect high
        return coroutine.name
""",
    """\
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
async def load(db: AsyncSession):
    return await db.get(int, 1)
@asynccontextmanager
async def loaded(db: AsyncSession) -> AsyncIterator[int]:
    user = load(db)  # expect high
    yield user
async def get_user(db: AsyncSession) -> "AsyncGenerator[tuple[int, ...], None]":
    yield 1
async def get_users(db: AsyncSession) -> AsyncGenerator[tuple[int, ...], None]:
    yield load(db)  # expect high
""",
)
SILENT = (
    """\
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import cast, overload
class Documents(ABC):
    @abstractmethod
    async def read(self, key) -> str: ...
    @abstractmethod
    async def close(self): ...
    @overload
    async def run(self, key: int) -> str: ...
    @overload
    def run(self, key: str) -> AsyncIterator[str]: ...
    def run(self, key):
        return made(self, key)
class Stored(Documents):
    def __init__(self, db: AsyncSession):
        self.db = db
    async def read(self, key):
        yield await self.db.get(int, key)
    async def close(self):
        await self.db.close()
    async def run_it(self):
        await self.db.flush()
async def f(documents: Documents, opened):
    async for one in documents.read(1):
        print(one)
    events = documents.run("x")
    print(events)
    db = opened()
    if isinstance(db, Documents):
        db = cast(Documents, db)
        await db.close()
    elif opened:
        db.close()
    else:
        db.close()
    if isinstance(db, Documents):
        await db.close()
    else:
        db.close()
def stop(documents: Documents):
    documents.close()
""",
    """\
from elsewhere import crud, cache, later
async def load(db: AsyncSession): ...
async def f(db: AsyncSession, key):
    await crud.load(db)
    await cache.load(key)
    crud.load(key)
    cache.load(key)
    cache.load(db)
    later.load(db).result()
    return await later.load(db)
""",
    """\
from collections.abc import Coroutine
SaveCoro = Coroutine[None, None, None]
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
async def prepared(repo: Repo) -> tuple[int, SaveCoro | None]:
    return 1, repo.save()
async def named(repo: Repo, wanted):
    save_coro = None
    if wanted:
        save_coro = repo.save()
    return 1, save_coro
""",
    """\
import asyncio
class Services:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def count(self):
        return await self.db.scalar(select(1))
class Blocking:
    def __init__(self, services):
        self.services = services
    def __getattr__(self, name):
        return lambda *args: asyncio.run(getattr(self.services, name)(*args))
class Adapter:
    def __init__(self):
        self._services = None
    def open(self, db):
        self._services = Blocking(Services(db))
    @property
    def services(self) -> Services:
        return self._services
def show(adapter: Adapter):
    return adapter.services.count().real
""",
    """\
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
class Clock(Protocol):
    async def wait(self, seconds: float) -> None: ...
async def later(repo: Repo) -> AsyncIterator[Awaitable[None]]:
    yield repo.save()
async def anything(repo: Repo) -> AsyncIterator[Any]:
    yield repo.save()
async def untyped(repo: Repo):
    yield repo.save()
async def f(clock: Clock, db: AsyncSession, names: dict[Repo, str], many: list[Repo], mixed: dict[str, Repo | str]):
    clock.wait(1)
    for repo in names:
        await repo.save()
    names[many[0]].save()
    for key in {"a": Repo(db)}:
        key.save()
    {"a": Repo(db), "b": print}["b"].save()
    many[1:].save()
    mixed["a"].save()
""",
    """\
import asyncio
from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar
T = TypeVar("T")
async def load(db: AsyncSession):
    return await db.get(int, 1)
class Job:
    work: Awaitable[int]
class Jobs(Protocol):
    def add(self, work: Any | None) -> None: ...
    def keep(self, work: T) -> T: ...
def run_all(*works):
    return asyncio.gather(*works)
def main(db, portal):
    portal.call(load(db))
def started(**works):
    return [asyncio.ensure_future(one) for one in works.values()]
async def f(db: AsyncSession, jobs: Jobs, crew):
    jobs.add(load(db))
    jobs.keep(load(db))
    crew.submitWork(load(db))
    crew.aiorun(load(db))
    await run_all(load(db), load(db))
    started(first=load(db))
    return Job(work=load(db))
""",
    """\
class Opening:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def _open(self):
        await self.db.connection()
    def __await__(self):
        return self._open().__await__()
async def f(db: AsyncSession):
    await Opening(db)
    await db.commit()
""",
    """\
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Protocol
class Rows(Protocol):
    def count(self, db: AsyncSession) -> int: ...
class Users(ABC):
    @abstractmethod
    async def rows(self, db: AsyncSession) -> AsyncIterator[int]: ...
    @abstractmethod
    def names(self, db: AsyncSession): ...
async def f(db: AsyncSession, rows: Rows, users: Users):
    rows.count(db)
    users.names(db)
    async for row in users.rows(db):
        print(row)
""",
    """\
class Screen:
    def __init__(self) -> None:
        self.width = 80
async def show(screen: Screen, title):
    return title
async def twice(screen: Screen):
    await show(screen, "x")
    await twice(screen)
async def f(db: AsyncSession, screen: Screen):
    show(screen, "x")
    twice(screen)
""",
    """\
import asyncio
from typing import overload
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    def save(self):
        return self.session.commit()
    def started(self):
        return asyncio.create_task(self.session.commit())
    def either(self, wait):
        if wait:
            return self.session.commit()
        return None
    def again(self):
        return self.save()
    def adds(self, one):
        return self.session.add(one)
class Books:
    def __init__(self, session: AsyncSession | Session):
        self.session = session
    def rows(self):
        return self.session.execute(select(1))
async def f(repo: Repo, books: Books):
    repo.started()
    repo.either(False)
    repo.adds(1)
    books.rows().all()
    await repo.save()
    await repo.again()
    task = asyncio.create_task(repo.save())
    await task
    return await asyncio.gather(repo.save(), repo.again())
""",
    """\
import asyncio
async def load(db: AsyncSession, ids):
    return await db.get(int, 1)
async def f(db: AsyncSession, ids):
    users_task = load(db, ids) if ids else None
    if users_task is not None:
        await asyncio.gather(users_task)
""",
    """\
import asyncio
from elsewhere import background
def blocking(function):
    def run(*args):
        return asyncio.run(function(*args))
    return run
@blocking
async def load(db: AsyncSession):
    return await db.get(int, 1)
@background
async def save(db: AsyncSession):
    await db.commit()
async def f(db: AsyncSession):
    await db.commit()
    load(db)
    save(db)
""",
    """\
from collections.abc import Awaitable
async def load(db: AsyncSession):
    return await db.get(int, 1)
async def later(db: AsyncSession) -> Awaitable[int]:
    return load(db)
def plain(db: AsyncSession):
    return load(db)
async def twice(db: AsyncSession):
    return load(db)
async def run(work):
    return await work
async def f(db: AsyncSession, pool, jobs):
    await (await twice(db))
    await run(load(db))
    pool.submit_task(load(db))
    jobs.append(load(db))
    return await gather(*jobs)
""",
    """\
import asyncio
async def g(db: AsyncSession): ...
async def f(db: AsyncSession):
    await g(db)
    t = asyncio.create_task(g(db))
    await t
    return await asyncio.gather(g(db), g(db))
""",
    "async def other(): return 1\nasync def f(db: AsyncSession):\n    other()\n",
    """\
async def save(db: AsyncSession):
    await db.commit()
def f(tasks, db: AsyncSession):
    tasks.add_task(save, db)
    return save(db)
""",
    """\
import asyncio
async def save(db: AsyncSession, n=0):
    await db.commit()
async def f(db: AsyncSession):
    async with asyncio.TaskGroup() as group:
        group.create_task(save(db))
    later = [save(db, n) for n in range(3)]
    await asyncio.gather(*later)
    await asyncio.gather(*(save(db, n) for n in range(3)))
    await asyncio.wait_for(save(db), 3)
""",
    """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.commit()
class SyncRepo:
    def __init__(self, db: Session):
        self.db = db
    def save(self):
        self.db.commit()
def f(repo: SyncRepo):
    repo.save()
""",
    """\
async def rows(db: AsyncSession):
    async for row in await db.stream(select(1)):
        yield row
async def f(db: AsyncSession):
    async for row in rows(db):
        print(row)
""",
    """\
from contextlib import asynccontextmanager
@asynccontextmanager
async def scope():
    async with Factory() as db:
        yield db
async def f():
    async with scope() as db:
        await db.commit()
""",
    """\
from unittest.mock import Mock
class Repo:
    async def save(self, db: AsyncSession):
        await db.commit()
async def test_f():
    repo = Mock(spec=Repo)
    repo.save(1)
""",
    """\
async def save(db: AsyncSession):
    await db.commit()
async def f(db: AsyncSession, flag):
    todo = save(db)
    await todo
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_coroutine_of_the_project_that_nobody_awaits_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_somebody_awaits_or_needs_no_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_the_edits_leave_nothing_to_find(code: str, tmp_path: Path) -> None:
    before = AWAITS + code
    after = fixed(before, RULE, tmp_path, unsafe=True)
    assert after != before
    check_source(after.replace("# expect", "# mended"), RULE, tmp_path)


def test_a_plain_function_of_another_module_that_hands_a_coroutine_on_is_known(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/users.py": AWAITS + "def save(session: AsyncSession):\n    return session.commit()\n",
        "app/api.py": "from app import users\nfrom app.users import save as keep\n"
        "async def f(db):\n    users.save(db)  # expect high\n    keep(db)  # expect high\n    await keep(db)\n",
    }
    check_source(files, RULE, tmp_path)


def test_a_coroutine_of_another_module_is_known(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/users.py": AWAITS + "async def save(db: AsyncSession):\n    await db.commit()\n",
        "app/api.py": "from app import users\nfrom app.users import save\n"
        "async def f(db):\n    users.save(db)  # expect high\n    save(db)  # expect high\n    await save(db)\n",
    }
    check_source(files, RULE, tmp_path)


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from app.users import save as keep", "keep(db)"),
        ("from app import users as repo", "repo.save(db)"),
        ("import app.users as repo", "repo.save(db)"),
        ("import app.users", "app.users.save(db)"),
        ("from app.users import Repo as R", "R(db).save()"),
    ],
)
def test_another_name_for_an_import_hides_nothing(imported: str, call: str, tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/users.py": AWAITS + "async def save(db: AsyncSession):\n    await db.commit()\n"
        "class Repo:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n"
        "    async def save(self):\n        await self.db.commit()\n",
        "app/api.py": f"{imported}\nasync def f(db):\n    {call}  # expect high\n    await {call}\n",
    }
    check_source(files, RULE, tmp_path)


def test_a_file_without_a_word_of_a_database_is_looked_at(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/users.py": AWAITS + "async def save(db: AsyncSession):\n    await db.commit()\n"
        "class Store:\n    async def rows(self):\n        async with Factory() as s:\n            await s.execute(1)\n",
        "shop/api.py": "from shop.users import Store, save\nasync def f(it, store: Store):\n"
        "    save(it)  # expect high\n    rows = store.rows()  # expect high\n    await save(it)\n    return list(rows)\n",
    }
    check_source(files, RULE, tmp_path)


def test_self_is_the_class_a_method_is_called_on(tmp_path: Path) -> None:
    code = (
        AWAITS
        + """\
from contextlib import asynccontextmanager
from typing import AsyncGenerator, Self
class Service:
    def __init__(self, db: AsyncSession):
        self.db = db
    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncGenerator[Self, None]:
        async with Factory() as db:
            yield cls(db)
class Users(Service):
    async def save(self):
        await self.db.commit()
async def f():
    async with Users.opened() as users:
        users.save()  # expect high
    async with Service.opened() as service:
        service.save()
"""
    )
    check_source(code, RULE, tmp_path)


def test_a_module_that_is_imported_by_a_call_is_known(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/users.py": AWAITS + "async def load(db: AsyncSession):\n    return await db.get(int, 1)\n",
        "shop/api.py": """\
            from importlib import import_module

            async def passed_on(*args):
                users = import_module("shop.users")
                return users.load(*args)  # expect high

            async def unknown(name, *args):
                users = import_module(f"shop.{name}")
                return users.load(*args)
            """,
    }
    check_source(files, RULE, tmp_path)


def test_a_function_that_knows_its_storage_by_a_protocol_alone_is_known(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/ports.py": """\
            from typing import Protocol

            class TeamByKey(Protocol):
                async def by_key(self, key: int) -> str:
                    raise NotImplementedError
            """,
        "shop/teams.py": """\
            from shop.ports import TeamByKey

            async def load_team(key: int, dao: TeamByKey) -> str:
                return await dao.by_key(key)
            """,
        "shop/stored.py": AWAITS
        + """\
class TeamDao:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def by_key(self, key):
        return await self.session.get(int, key)
""",
        "shop/show.py": """\
            from shop.teams import load_team
            from shop.ports import TeamByKey

            async def show(key, teams: TeamByKey):
                team = load_team(key, teams)  # expect high
                return team.name

            async def again(key, teams: TeamByKey):
                return str(teams.by_key(key))  # expect medium
            """,
    }
    check_source(files, RULE, tmp_path)


STORE = """\
from sqlalchemy.ext.asyncio import AsyncSession
async def load(db: AsyncSession):
    await db.commit()
"""


@pytest.mark.parametrize(
    "code", ["import store.users\n\nasync def f(db):\n    store.users.load(db)  # expect\n",
             "import store.users as users\n\nasync def f(db):\n    users.load(db)  # expect\n",
             "from store import users\n\nasync def f(db):\n    users.load(db)  # expect\n"]
)  # fmt: skip
def test_a_package_without_a_mark_is_looked_into(code: str, tmp_path: Path) -> None:
    check_source({"pyproject.toml": "", "src/store/users.py": STORE, "src/app.py": code}, RULE, tmp_path)


DRIVERS = (
    "from databases import Database\nasync def save(db: Database):\n    await db.execute('SELECT 1')\n",
    "import asyncpg\nasync def save(db: asyncpg.Pool):\n    return await db.fetchval('SELECT 1')\n",
    "import asyncpg\nasync def save(x):\n    async with asyncpg.create_pool(x) as pool:\n        await pool.execute('')\n",
)


@pytest.mark.parametrize("driver", DRIVERS)
def test_functions_that_use_a_drivers_own_connection_are_data_access(driver: str, tmp_path: Path) -> None:
    called = "from store import save\nasync def f(db):\n    await save(db)\n    save(db)  # expect high\n"
    check_source({"store.py": driver, "module.py": called}, "unawaited-data-access", tmp_path)


MODEL = (
    AWAITS
    + """\
class User(Base):
    def label(self):
        return self.name
    async def is_banned(self, db: AsyncSession):
        return await db.scalar(select(int))
"""
)


def test_what_a_session_gets_is_of_the_class_it_is_asked_for(tmp_path: Path) -> None:
    code = """\
async def f(db: AsyncSession, key):
    user = await db.get(User, key)
    if user is None or user.is_banned(db):  # expect high
        return None
    other = await db.get_one(User, ident=key)
    other.is_banned(db)  # expect high
    user.label()
    return await other.is_banned(db)
async def of_another(db: AsyncSession, key, box):
    (await box.get(User, key)).is_banned(box)
    (await db.get(int, key)).is_banned(box)
"""
    check_source(MODEL + code, RULE, tmp_path)


SERVICE = """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
class Service:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def rows(self):
        return await self.db.scalars(select(int))
"""
HOLDER = """\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from . import service as services
class Holder:
    it: 'services.{name}'
    async def f(self):
        return list(self.it.rows()){mark}
"""


@pytest.mark.parametrize(("name", "mark"), [("Service", "  # expect high"), ("Other", "")])
def test_a_type_in_a_string_may_be_of_a_module(name: str, mark: str, tmp_path: Path) -> None:
    files = {"app/__init__.py": "", "app/service.py": SERVICE, "app/holder.py": HOLDER.format(name=name, mark=mark)}
    check_source(files, RULE, tmp_path)


REMOVED = """\
class Base:
    async def remove(self, db: AsyncSession):
        await db.delete(self)
    async def take(self, other):
        return await other
class User(Base):
    @classmethod
    async def named(cls, db: AsyncSession, name):
        return await db.scalar(select(cls).where(cls.name == name))
"""


def test_a_method_called_on_its_class_has_its_object_as_an_argument(tmp_path: Path) -> None:
    code = """\
async def f(db: AsyncSession, name):
    user = User.named(db, name)  # expect medium
    return await User.remove(user, db)
async def of_one(db: AsyncSession, user: User, name):
    other = User.named(db, name)
    return await user.take(other)
async def of_class(db: AsyncSession, user: User, name):
    other = User.named(db, name)
    return await User.take(user, other)
"""
    check_source(AWAITS + REMOVED + code, RULE, tmp_path)


GIVEN = (
    AWAITS
    + """\
class User(Base):
    async def reports(self, session: AsyncSession):
        return await session.scalars(select(int))
async def f(session: AsyncSession, users, {params}):
    user = users.first()
    {body}
"""
)


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ("found = user.reports(session)  # expect medium\n    return found.rows", ""),
        ("user.reports(session)  # expect medium", ""),
        ("found = user.reports(session)\n    found.cancel()", ""),
        ("found = user.reports(key)\n    return found.rows", ""),
        ("found = user.lines(session)\n    return found.rows", ""),
    ],
)
def test_what_is_given_a_session_by_a_name_like_the_parameters(body: str, mark: str, tmp_path: Path) -> None:
    check_source(GIVEN.format(params="key", body=body) + mark, RULE, tmp_path)


def test_a_method_that_is_plain_somewhere_may_be_plain_here(tmp_path: Path) -> None:
    plain = "class Other:\n    def reports(self, session):\n        return session.cached\n"
    code = GIVEN.format(params="key", body="found = user.reports(session)\n    return found.rows")
    check_source(code + plain, RULE, tmp_path)


COUNT = (
    AWAITS
    + """\
from anyio import to_thread
async def rows(db: AsyncSession):
    return await db.scalars(select(int))
def count(found{type}):
    return len(found)
async def f(db: AsyncSession):
    found = rows(db){mark}
    return await to_thread.run_sync({function}, found)
"""
)


@pytest.mark.parametrize(
    ("declared", "function", "mark"),
    [
        (": list[int]", "count", "  # expect medium"),
        ("", "count", ""),
        (": Awaitable[list[int]]", "count", ""),
        (": list[int]", "elsewhere.count", ""),
    ],
)
def test_what_a_thread_is_given_is_data_where_its_function_says_so(
    declared: str, function: str, mark: str, tmp_path: Path
) -> None:
    check_source(COUNT.format(type=declared, function=function, mark=mark), RULE, tmp_path)


TWO = """\
class Users:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def count(self):
        return await self.db.scalar(select(int))
class Entered:
    def __init__(self, make):
        self.make = make
    async def __aenter__(self):
        self.db = self.make()
        return Users(self.db), self.db
    async def __aexit__(self, *about): ...
@asynccontextmanager
async def yielded(make):
    async with make() as db:
        yield Users(db), db
async def f(make):
    async with {manager}(make) as (users, db):
        users.count(){mark}
        db.close
        return await users.count()
"""


@pytest.mark.parametrize(
    ("manager", "mark"), [("Entered", "  # expect medium"), ("yielded", "  # expect medium"), ("elsewhere", "")]
)
def test_a_context_manager_may_give_a_tuple(manager: str, mark: str, tmp_path: Path) -> None:
    head = AWAITS + "from contextlib import asynccontextmanager\n"
    check_source(head + TWO.format(manager=manager, mark=mark), RULE, tmp_path)


GIVEN_BACK = """\
class Jobs:
    def task(self, name):
        def decorator(function):
            async def run(*args):
                return await function(*args)
            {given}
        return decorator
jobs = Jobs()
@jobs.task("load")
async def load(db: AsyncSession):
    return await db.get(int, 1)
async def f(db: AsyncSession):
    made = load(db){mark}
    return made.name
"""


@pytest.mark.parametrize(
    ("given", "mark"),
    [
        ("return run", "  # expect medium"),
        ("return function", "  # expect medium"),
        ("def plain(*args):\n                return run(*args)\n            return plain", "  # expect medium"),
        ("def plain(*args):\n                return function(*args)\n            return plain", "  # expect medium"),
        ("def plain(*args):\n                return asyncio.run(run(*args))\n            return plain", ""),
        ("def plain(*args):\n                return Task(run)\n            return plain", ""),
    ],
)
def test_a_decorator_is_asked_what_it_gives_back(given: str, mark: str, tmp_path: Path) -> None:
    code = GIVEN_BACK.format(given=given, mark=mark)
    check_source(AWAITS + code, RULE, tmp_path, least=Confidence.MEDIUM)


PLAIN = """\
from fastapi import Depends
from sqlalchemy.orm import Session
from app.store import load
def work(db: Session = Depends(print)):
    return load(db).name{mark}
def passing(db: Session = Depends(print)):
    return load(db)
"""


@pytest.mark.parametrize(("kind", "mark"), [("async def", "  # expect high"), ("def", "")])
def test_a_file_without_a_word_of_asyncio_may_call_what_others_made_async(kind: str, mark: str, tmp_path: Path) -> None:
    load = f"{kind} load(db: AsyncSession):\n    return {'await db.get(int, 1)' if mark else 'db.info'}\n"
    files = {"app/__init__.py": "", "app/store.py": AWAITS + load, "app/routes.py": PLAIN.format(mark=mark)}
    check_source(files, RULE, tmp_path, least=Confidence.MEDIUM)


ASKED = """\
import asyncio, inspect
class Store:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def close(self):
        await self.db.close()
async def f(store: Store, other: Store):
    {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        "if asyncio.iscoroutinefunction(store.close):\n        await store.close()\n    else:\n        store.close()",
        "if inspect.iscoroutinefunction(store.close):\n        return await store.close()\n    store.close()",
        "if not inspect.iscoroutinefunction(store.close):\n        store.close()",
        "if inspect.iscoroutinefunction(store.close):\n        store.close()  # expect high",
        "if not inspect.iscoroutinefunction(store.close):\n        pass\n    else:\n        store.close()  # expect high",
        "if inspect.iscoroutinefunction(other.close):\n        pass\n    else:\n        store.close()  # expect high",
        "if inspect.iscoroutinefunction(store.close):\n        pass\n    store.close()  # expect high",
    ],
)
def test_what_is_asked_for_a_coroutine_function_first_is_known(body: str, tmp_path: Path) -> None:
    check_source(AWAITS + ASKED.format(body=body), RULE, tmp_path)


@pytest.mark.parametrize(
    ("sent", "mark"),
    [
        ("data = {'count': n}\n    await socket.send_json(data)", "  # expect medium"),
        ("data = {'count': n}\n    await socket.send_json(data)\n    log.info('sent', data=data)", "  # expect medium"),
        ("data = {'count': n}\n    await socket.send_json(data)\n    log.put('sent', data=data)", ""),
        ("await socket.send_json({'count': n})", "  # expect high"),
        ("return web.json_response({'count': n})", "  # expect high"),
        ("await socket.hand_over({'count': n})", "  # expect medium"),
        ("await socket.gather(n)", ""),
    ],
)
def test_what_is_sent_as_json_holds_no_coroutine(sent: str, mark: str, tmp_path: Path) -> None:
    code = f"""\
async def count(db: AsyncSession):
    return await db.scalar(select(1))
async def f(db: AsyncSession, socket, web, log):
    n = count(db){mark}
    {sent}
"""
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("decorator", "mark"),
    [
        ("router.message(Command('x'))", "  # expect high"),
        ("router.callback_query(F.data)", "  # expect high"),
        ("matcher.handle()", "  # expect high"),
        ("bot.event", "  # expect high"),
        ("queue.actor()", ""),
    ],
)
def test_a_handler_of_a_bot_is_registered_and_given_back(decorator: str, mark: str, tmp_path: Path) -> None:
    code = f"""\
@{decorator}
async def details(event, db: AsyncSession):
    await db.execute(select(1))
async def changed(event, db: AsyncSession):
    details(event, db){mark}
"""
    check_source(AWAITS + code, RULE, tmp_path)


MAKERS = """\
import asyncpg, redis
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
class Store:
    async def open(self):
        self.pool = await asyncpg.create_pool("x")
    async def call(self):
        self.cache = await redis.connect("x")
async def make_pool(url):
    engine: AsyncEngine = create_async_engine(url)
    return engine, async_sessionmaker(engine)
async def f(store: Store):
    {before}make_pool("x"){mark}
    {awaited}store.open(){mark}
    store.call()
"""


@pytest.mark.parametrize("is_awaited", [True, False])
def test_who_makes_an_engine_or_a_pool_has_to_do_with_it(is_awaited: bool, tmp_path: Path) -> None:
    awaited = "await " if is_awaited else ""
    mark = "" if is_awaited else "  # expect high"
    code = MAKERS.format(before=f"engine, make = {awaited}", awaited=awaited, mark=mark)
    check_source(code, "unawaited-data-access", tmp_path)


REPLACED = """\
class Users:
    def __init__(self, db: AsyncSession, wrap):
        self.db = db
{in_init}
    async def load(self):
        return await self.db.execute(select(1))
def work(db: AsyncSession, wrap, other):
    users = Users(db, wrap)
{in_work}
    users.load(){mark}
async def elsewhere(users: Users):
    return await users.load()
"""


@pytest.mark.parametrize(
    ("in_init", "in_work", "mark"),
    [
        ("", "", "  # expect high"),
        ("", "    users.load = wrap(users.load)", ""),
        ("", "    other.load = wrap(other.load)", "  # expect high"),
        ("", "    users.loaded = wrap(users.load)", "  # expect high"),
        ("        self.load = wrap(self.load)", "", ""),
        ("        self.loaded = wrap", "", "  # expect high"),
    ],
)
def test_what_stands_in_the_place_of_a_method_may_be_no_coroutine(
    in_init: str, in_work: str, mark: str, tmp_path: Path
) -> None:
    check_source(AWAITS + REPLACED.format(in_init=in_init, in_work=in_work, mark=mark), RULE, tmp_path)
