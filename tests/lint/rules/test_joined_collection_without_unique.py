"""Collections loaded by a JOIN and read without unique() are found; every other loading and reading is silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

from forge_doctor.lint.rules.joined_collection_without_unique import RAISING
from tests.support.lint_cases import check_source

RULE = "joined-collection-without-unique"
HEAD = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, contains_eager, joinedload, mapped_column, relationship, selectinload
class Base(DeclarativeBase): ...
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books", lazy="joined")
    pages: Mapped[list["Page"]] = relationship()
class Page(Base):
    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    boards: Mapped[list["Board"]] = relationship(lazy="joined")
class Board(Base):
    __tablename__ = "boards"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
JOINED = select(Author).options(joinedload(Author.books))
async def f(session: AsyncSession):
"""
Q = "select(Author).options(joinedload(Author.books))"
FOUND = (
    f"""\
class Own(AsyncSession):
    async def save(self): ...
async def f(s: Own):
    return (await s.execute({Q})).scalars().all()  # expect
""",
    f"    return (await session.execute({Q})).scalars().all()  # expect high\n",
    f"    return (await session.scalars({Q})).all()  # expect high\n",
    f"    return (await session.scalars({Q}.where(Author.id == 1))).one_or_none()  # expect high\n",
    f"    result = await session.execute({Q})\n    return result.scalar_one_or_none()  # expect high\n",
    f"    q = {Q}\n    result = await session.execute(q)\n    return result.scalars().all()  # expect high\n",
    f"    q = {Q}\n    q = q.where(Author.id > 3)\n    rows = await session.scalars(q)\n    return rows.all()  # expect high\n",
    "    return (await session.execute(select(Shelf))).scalars().all()  # expect high\n",
    (
        "    q = select(Author).join(Author.books).options(contains_eager(Author.books))\n"
        "    return (await session.scalars(q)).all()  # expect high\n"
    ),
)
SILENT = (
    f"""\
class Own(AsyncSession):
    async def execute(self, *args, **kwargs):
        return (await super().execute(*args, **kwargs)).unique()
async def f(s: Own):
    return (await s.execute({Q})).scalars().all()
""",
    f"    return (await session.execute({Q})).unique().scalars().all()\n",
    f"    return (await session.execute({Q})).scalars().unique().all()\n",
    f"    result = await session.execute({Q})\n    result = result.unique()\n    return result.scalars().all()\n",
    f"    return (await session.scalars({Q})).first()\n",
    f"    return await session.scalar({Q})\n",
    f"    result = await session.execute({Q})\n    return read(result)\n",
    "    return (await session.scalars(select(Author).options(selectinload(Author.books)))).all()\n",
    "    return (await session.scalars(select(Book).options(joinedload(Book.author)))).all()\n",
    "    return (await session.scalars(select(Book))).all()\n",
    "    return (await session.scalars(select(Author.id).join(Author.books))).all()\n",
    "    return (await session.scalars(select(Book).options(joinedload(Book.author).joinedload(Author.books)))).first()\n",
    "    return (await session.scalars(select(Shelf).options(selectinload(Shelf.boards)))).all()\n",
    f"    q = {Q}\n    if session.info:\n        q = select(Book)\n    return (await session.scalars(q)).all()\n",
)


@pytest.mark.parametrize("code", FOUND + SILENT)
def test_only_collections_that_are_not_made_unique_are_found(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, RULE, tmp_path)


class Base(DeclarativeBase): ...


class Parent(Base):
    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[list[Child]] = relationship()


class Child(Base):
    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))


def test_sqlalchemy_refuses_these_methods_and_takes_the_others() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    query = select(Parent).options(joinedload(Parent.children))
    with Session(engine) as session:
        session.add(Parent(children=[Child()]))
        session.commit()
        for method in RAISING:
            with pytest.raises(InvalidRequestError, match=r"unique\(\) method must be invoked"):
                getattr(session.execute(query), method)()
        assert session.execute(query).scalar() is not None
        assert session.execute(query).first() is not None
        assert session.scalar(query) is not None
    engine.dispose()


PLAIN = """\
from sqlalchemy import Column, ForeignKey, Integer, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import declarative_base, joinedload, relationship
Base = declarative_base()
class Shop(Base):
    __tablename__ = "shops"
    id = Column(Integer, primary_key=True)
    owner_id = Column({owner})
    goods = relationship("Good"{options})
class Good(Base):
    __tablename__ = "goods"
    id = Column(Integer, primary_key=True)
    shop_id = Column({shop})
async def f(s: AsyncSession):
    return (await s.scalars(select(Shop).options(joinedload(Shop.goods)))).all(){mark}
"""


@pytest.mark.parametrize(
    ("owner", "shop", "options", "is_told"),
    [
        ("Integer", 'ForeignKey("shops.id")', "", True),
        ("Integer", 'ForeignKey("public.shops.id")', ', back_populates="shop"', True),
        ("Integer", "Integer", ', secondary="between"', True),
        ("Integer", 'ForeignKey("shops.id")', ", uselist=False", False),
        ("Integer", 'ForeignKey("shops.id")', ", primaryjoin=on", False),
        ("Integer", 'ForeignKey("shops.id")', ", **options", False),
        ('ForeignKey("goods.id")', "Integer", "", False),
        ('ForeignKey("goods.id")', 'ForeignKey("shops.id")', "", False),
        ("ForeignKey(Good.id)", 'ForeignKey("shops.id")', "", False),
        ("Integer", "ForeignKey(Shop.id)", "", False),
    ],
)
def test_foreign_keys_tell_a_collection_that_nothing_annotates(
    owner: str, shop: str, options: str, is_told: bool, tmp_path: Path
) -> None:
    mark = "  # expect high" if is_told else ""
    check_source(PLAIN.format(owner=owner, shop=shop, options=options, mark=mark), RULE, tmp_path)
