"""Sources of any size in the shapes that a walk over names, branches or functions might go through more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

HEAD = """\
import asyncio

from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import ForeignKey, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

engine = create_async_engine("postgresql+asyncpg://u@h/d")
Session = async_sessionmaker(engine)
router = APIRouter()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


"""
Shape = Callable[[int], str]
SHAPES: dict[str, Shape] = {}


def shape(make: Callable[[int], Iterator[str]]) -> Shape:
    """Registers a shape: lines of a module that grow with a number."""

    def source(size: int) -> str:
        return HEAD + "\n".join(make(size)) + "\n"

    SHAPES[make.__name__] = source
    return source


@shape
def filters_under_conditions(size: int) -> Iterator[str]:
    """A search with many optional filters."""
    yield "async def search(session: AsyncSession, name):"
    yield "    query = select(User)"
    for n in range(size):
        yield f"    if name == {n}:"
        yield f"        query = query.where(User.id == {n})"
    yield "    users = (await session.scalars(query)).all()"
    yield "    return [user.orders for user in users]"


@shape
def filters_one_after_the_other(size: int) -> Iterator[str]:
    """The same, all of them always there."""
    yield "async def search(session: AsyncSession, name):"
    yield "    query = select(User)"
    yield from (f"    query = query.where(User.id == {n})" for n in range(size))
    yield "    users = (await session.scalars(query)).all()"
    yield "    return [user.orders for user in users]"


@shape
def queries_under_conditions(size: int) -> Iterator[str]:
    """Each filter asked for at once."""
    yield "async def search(session: AsyncSession, name):"
    yield "    query = select(User)"
    for n in range(size):
        yield f"    if name == {n}:"
        yield f"        query = query.where(User.id == {n})"
        yield f"        found{n} = await session.scalar(query)"
        yield f"        print(found{n}.orders)"


@shape
def filters_in_a_loop(size: int) -> Iterator[str]:
    """A query for each item, built under conditions."""
    yield "async def search(session: AsyncSession, names):"
    yield "    for name in names:"
    yield "        query = select(User)"
    for n in range(size):
        yield f"        if name == {n}:"
        yield f"            query = query.where(User.id == {n})"
    yield "        print((await session.scalars(query)).all())"


@shape
def session_bound_again(size: int) -> Iterator[str]:
    """A session that keeps its name under conditions."""
    yield "async def work(x):"
    yield "    s = Session()"
    yield from (f"    s = Session() if x == {n} else s" for n in range(size))
    yield "    await s.execute(select(User))"


@shape
def session_bound_under_conditions(size: int) -> Iterator[str]:
    """The same by statements."""
    yield "async def work(x):"
    yield "    s = Session()"
    for n in range(size):
        yield f"    if x == {n}:"
        yield "        s = s or Session()"
    yield "    await s.execute(select(User))"


@shape
def session_handed_down(size: int) -> Iterator[str]:
    """From function to function, twice each."""
    for n in range(size):
        yield f"async def step_{n}(session):"
        yield f"    await step_{n + 1}(session)"
        yield f"    await step_{n + 1}(session)"
        yield ""
    yield f"async def step_{size}(session):"
    yield "    await session.execute(select(User))"
    yield ""
    yield "async def first():"
    yield "    await step_0(Session())"


@shape
def coroutine_bound_again(size: int) -> Iterator[str]:
    """A coroutine that keeps its name."""
    yield "async def work(session: AsyncSession, x):"
    yield "    task = session.execute(select(User))"
    yield from (f"    task = session.execute(select(User)) if x == {n} else task" for n in range(size))
    yield "    return task.scalars()"


@shape
def coroutines_under_conditions(size: int) -> Iterator[str]:
    """The same by statements."""
    yield "async def work(session: AsyncSession, x):"
    yield "    task = session.execute(select(User))"
    for n in range(size):
        yield f"    if x == {n}:"
        yield "        task = task or session.execute(select(User))"
    yield "    return task.scalars()"


@shape
def lists_of_coroutines(size: int) -> Iterator[str]:
    """Coroutines in lists made of lists."""
    yield "async def work(session: AsyncSession, x):"
    yield "    tasks = [session.execute(select(User)), session.execute(select(Order))]"
    for n in range(size):
        yield f"    if x == {n}:"
        yield "        tasks = list(tasks)"
    yield "    for one in tasks:"
    yield "        print(one)"


@shape
def objects_bound_again(size: int) -> Iterator[str]:
    """Objects loaded under conditions, and read."""
    yield "async def work(session: AsyncSession, x):"
    yield "    user = await session.get(User, 1)"
    for n in range(size):
        yield f"    if x == {n}:"
        yield f"        user = await session.get(User, {n})"
        yield "        await session.commit()"
        yield "        print(user.name, user.orders)"
    yield "    return user.orders"


@shape
def chain_of_makers(size: int) -> Iterator[str]:
    """Functions that give the session another one gives, twice each."""
    yield "def make_0():"
    yield "    return Session()"
    for n in range(1, size):
        yield f"def make_{n}(x):"
        yield "    if x:"
        yield f"        return make_{n - 1}(x)"
        yield f"    return make_{n - 1}(x)"
        yield ""
    yield "async def work(x):"
    yield f"    session = make_{size - 1}(x)"
    yield "    user = User()"
    yield "    session.add(user)"
    yield "    await session.commit()"
    yield "    return user.name"


@shape
def writes_and_commits(size: int) -> Iterator[str]:
    """A long unit of work."""
    yield "async def work(session: AsyncSession, x):"
    for n in range(size):
        yield f"    user{n} = User(id={n})"
        yield f"    session.add(user{n})"
        yield f"    await session.execute(update(User).where(User.id == {n}).values(name='x'))"
    yield "    await session.flush()"


@shape
def commits_under_conditions(size: int) -> Iterator[str]:
    """Objects added, committed and read."""
    yield "async def work(session: AsyncSession, x):"
    for n in range(size):
        yield f"    if x == {n}:"
        yield f"        user = User(id={n})"
        yield "        session.add(user)"
        yield "        await session.commit()"
        yield "        print(user.name)"


@shape
def routes(size: int) -> Iterator[str]:
    """A file of many routes."""
    for n in range(size):
        yield f"@router.get('/u/{n}')"
        yield f"async def route_{n}(session: AsyncSession = Depends(get_session)):"
        yield f"    user = await session.get(User, {n})"
        yield "    return user"
        yield ""
    yield "async def get_session():"
    yield "    async with Session() as session:"
    yield "        yield session"


@shape
def untyped_helpers(size: int) -> Iterator[str]:
    """Functions that call each other with a session nobody declares."""
    for n in range(size):
        yield f"async def help_{n}(session, x):"
        yield f"    result = await session.execute(select(User).where(User.id == {n}))"
        yield f"    await help_{(n * 7 + 1) % size}(session, result.scalar_one())"
        yield "    return result.scalars().all()"
        yield ""


@shape
def sessions_made(size: int) -> Iterator[str]:
    """Functions that make a session each."""
    for n in range(size):
        yield f"async def work_{n}():"
        yield "    session = Session()"
        yield "    try:"
        yield "        await session.execute(text('SELECT 1'))"
        yield "        await session.commit()"
        yield "    except Exception:"
        yield "        raise"
        yield ""


@shape
def classes_of_repositories(size: int) -> Iterator[str]:
    """Classes, each the heir of the last."""
    yield "class Repo0:"
    yield "    def __init__(self, session: AsyncSession):"
    yield "        self.session = session"
    for n in range(1, size):
        yield f"class Repo{n}(Repo{n - 1}):"
        yield "    async def load(self, x):"
        yield "        result = await self.session.execute(select(User))"
        yield "        self.session.add(User())"
        yield "        return result.scalars().all()"
        yield ""


@shape
def one_large_class(size: int) -> Iterator[str]:
    """A class of many methods."""
    yield "class Repo:"
    yield "    def __init__(self, session):"
    yield "        self.session = session"
    for n in range(size):
        yield f"    async def load_{n}(self, x):"
        yield "        result = await self.session.execute(select(User))"
        yield f"        self.value_{n} = await self.load_{(n + 1) % size}(x)"
        yield "        await self.session.commit()"
        yield "        return result.scalars().all()"
        yield ""


@shape
def statements_of_one_function(size: int) -> Iterator[str]:
    """Thousands of lines in a function."""
    yield "async def work(session: AsyncSession, x):"
    for n in range(size):
        yield f"    a{n} = await session.scalar(select(func.count()).where(User.id == {n}))"
        yield f"    if a{n} > {n}:"
        yield f"        print(a{n}, x)"


@shape
def branches_of_one_if(size: int) -> Iterator[str]:
    """A long chain of `elif`."""
    yield "async def work(session: AsyncSession, x):"
    yield "    user = None"
    for n in range(size):
        yield f"    {'el' if n else ''}if x == {n}:"
        yield f"        user = await session.get(User, {n})"
        yield "        print(user.orders)"
    yield "    return user"


@shape
def handlers(size: int) -> Iterator[str]:
    """Many `try` blocks in one function."""
    yield "async def work(session: AsyncSession, x):"
    for n in range(size):
        yield "    try:"
        yield f"        session.add(User(id={n}))"
        yield "        await session.flush()"
        yield "    except Exception:"
        yield "        print('no')"


@shape
def loops(size: int) -> Iterator[str]:
    """Many loops in one function, a query in each."""
    yield "async def work(session: AsyncSession, items):"
    for n in range(size):
        yield f"    for item{n} in items:"
        yield f"        user = await session.scalar(select(User).where(User.id == item{n}))"
        yield "        await session.commit()"


@shape
def inner_functions(size: int) -> Iterator[str]:
    """Functions inside of one, handed to the same call."""
    yield "async def work(session, x):"
    for n in range(size):
        yield f"    async def inner_{n}(session):"
        yield "        return await session.execute(select(User))"
        yield f"    await session.run(inner_{n})"


@shape
def bound_alike(size: int) -> Iterator[str]:
    """The same expression gives the session everywhere."""
    for n in range(size):
        yield f"async def work_{n}():"
        yield "    async with get_db() as db:"
        yield f"        await db.foo({n})"
        yield "        return db.bar()"


@shape
def gathered(size: int) -> Iterator[str]:
    """One session in many tasks."""
    yield "async def work(session: AsyncSession, x):"
    yield "    await asyncio.gather("
    yield from (f"        session.execute(select(User).where(User.id == {n}))," for n in range(size))
    yield "    )"


@shape
def names_assigned(size: int) -> Iterator[str]:
    """One name bound from itself over and over."""
    yield "async def work(db, x):"
    yield "    session = db"
    for n in range(size):
        yield f"    if x == {n}:"
        yield "        session = session or db"
        yield "        await session.execute(select(User))"


@shape
def globals_assigned(size: int) -> Iterator[str]:
    """One name of the module bound by many functions."""
    yield "current = None"
    for n in range(size):
        yield f"async def set_{n}():"
        yield "    global current"
        yield "    current = Session()"
        yield "    await current.execute(select(User))"
        yield ""


@shape
def branches_inside_branches(size: int) -> Iterator[str]:
    """Blocks that nest."""
    yield "async def work(session: AsyncSession, x):"
    for n in range(min(size, 90)):
        yield "    " * (n + 1) + f"if x == {n}:"
        yield "    " * (n + 2) + f"x = await session.get(User, {n})"


@shape
def calls_inside_calls(size: int) -> Iterator[str]:
    """Expressions that nest."""
    yield "async def work(session: AsyncSession, x):"
    yield "    query = select(User)" + "".join(f".where(User.id == {n})" for n in range(size))
    yield "    await session.execute(query)"
    yield "    y = " + "f(" * min(size, 150) + "session" + ")" * min(size, 150)


@shape
def models(size: int) -> Iterator[str]:
    """Mapped classes that know each other."""
    for n in range(size):
        yield f"class Thing{n}(Base):"
        yield f"    __tablename__ = 'thing{n}'"
        yield "    id: Mapped[int] = mapped_column(primary_key=True)"
        yield f"    other: Mapped['Thing{(n + 1) % size}'] = relationship()"
        yield ""
        yield f"async def load_{n}(session: AsyncSession):"
        yield f"    thing = await session.get(Thing{n}, 1)"
        yield "    return thing.other"


@shape
def raw_statements(size: int) -> Iterator[str]:
    """SQL as text, put together."""
    yield "async def work(session: AsyncSession, x):"
    yield "    sql = 'SELECT 1'"
    for n in range(size):
        yield f"    if x == {n}:"
        yield f"        sql = sql + ' AND {n}'"
        yield "        await session.execute(sql)"
    yield "    await session.execute(sql)"


@shape
def dependencies(size: int) -> Iterator[str]:
    """Each made of the one before."""
    yield "async def get_0():"
    yield "    session = Session()"
    yield "    yield session"
    for n in range(1, size):
        yield f"async def get_{n}(session=Depends(get_{n - 1})):"
        yield "    await session.execute(select(User))"
        yield "    yield session"
