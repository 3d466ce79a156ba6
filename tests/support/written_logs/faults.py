"""Faults that SQLAlchemy, asyncpg and Python raise themselves, against a real server; the line that is to blame says so."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

from sqlalchemy import ForeignKey, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

BLAMED = "# blamed: "
Sessions = async_sessionmaker[AsyncSession]


class Base(DeclarativeBase): ...


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship()


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))


class ServiceError(Exception):
    """What a service has for all that went wrong below it."""


async def lazy(sessions: Sessions) -> None:
    async with sessions() as session:
        author = (await session.scalars(select(Author))).one()
        print(author.books)  # blamed: missing-greenlet


async def exhausted(sessions: Sessions) -> None:
    async with sessions() as session, sessions() as other:
        await session.execute(text("select 1"))
        await other.execute(text("select 2"))  # blamed: pool-timeout


async def duplicate(sessions: Sessions) -> None:
    async with sessions() as session:
        session.add(Author(name="Ann"))
        await session.commit()  # blamed: unique-violation


async def no_table(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(text("select * from nowhere"))  # blamed: undefined-table


async def refused(sessions: Sessions) -> None:
    nobody = create_async_engine("postgresql+asyncpg://shop@127.0.0.1:1/shop")
    await nobody.connect()  # blamed: connect-refused


async def unknown(sessions: Sessions) -> None:
    carts: dict[str, int] = {}
    carts["Ann"] += 1  # blamed: KeyError


FAULTS = (lazy, exhausted, duplicate, no_table, refused, unknown)


def blamed_lines() -> dict[str, int]:
    """The line that each fault is in."""
    lines = Path(__file__).read_text().splitlines()
    return {line.partition(BLAMED)[2]: n for n, line in enumerate(lines, 1) if f"  {BLAMED}" in line}


async def raise_all(dsn: str) -> dict[str, Exception]:
    """Each fault's exception, with its traceback, by the id it is known by."""
    engine = create_async_engine(dsn, pool_size=1, max_overflow=0, pool_timeout=0.05)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    async with sessions() as session:
        session.add(Author(name="Ann", books=[Book()]))
        await session.commit()
    raised = [await _raised(fault(sessions)) for fault in FAULTS]
    await engine.dispose()
    return dict(zip(blamed_lines(), raised, strict=True))


async def _raised(fault: Awaitable[None]) -> Exception:
    try:
        await fault
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")
