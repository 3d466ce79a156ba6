"""`awaitable_attrs` of a class without AsyncAttrs is found; with it, or with a base out of sight, it is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "awaitable-attrs-without-mixin"
HEAD = """\
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship
from elsewhere import Unseen
class Base({bases}): ...
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()
"""
READ = "async def f(session: AsyncSession):\n    author = await session.get(Author, 1)\n"
LINE = "    return await author.awaitable_attrs.books"


@pytest.mark.parametrize("bases", ["DeclarativeBase", "MappedAsDataclass, DeclarativeBase"])
def test_a_class_without_the_mixin_is_found(bases: str, tmp_path: Path) -> None:
    check_source(HEAD.format(bases=bases) + READ + LINE + "  # expect high\n", RULE, tmp_path)


@pytest.mark.parametrize("bases", ["AsyncAttrs, DeclarativeBase", "Unseen", "DeclarativeBase, Unseen"])
def test_a_class_with_it_or_with_what_is_not_seen_is_silent(bases: str, tmp_path: Path) -> None:
    check_source(HEAD.format(bases=bases) + READ + LINE + "\n", RULE, tmp_path)


def test_the_class_itself_may_have_it(tmp_path: Path) -> None:
    code = HEAD.format(bases="DeclarativeBase").replace("class Author(Base)", "class Author(AsyncAttrs, Base)")
    check_source(code + READ + LINE + "\n", RULE, tmp_path)


def test_what_is_not_known_to_be_an_author_is_silent(tmp_path: Path) -> None:
    check_source(HEAD.format(bases="DeclarativeBase") + "async def f(author):\n" + LINE + "\n", RULE, tmp_path)


MADE = HEAD.replace("class Base({bases}): ...", "from sqlalchemy.orm import declarative_base\nBase = {made}")


@pytest.mark.parametrize(
    ("made", "mark"),
    [
        ("declarative_base()", "  # expect high"),
        ("declarative_base(name='Base')", "  # expect high"),
        ("declarative_base(cls=AsyncAttrs)", ""),
        ("declarative_base(**options)", ""),
        ("made_elsewhere()", ""),
    ],
)
def test_a_base_that_is_made_by_a_call_is_read(made: str, mark: str, tmp_path: Path) -> None:
    check_source(MADE.format(made=made) + READ + LINE + f"{mark}\n", RULE, tmp_path)


@pytest.mark.parametrize(("bases", "mark"), [("", "  # expect high"), ("AsyncAttrs, ", "")])
def test_sqlmodel_has_none_either(bases: str, mark: str, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncAttrs\nfrom sqlmodel import Field, Relationship, SQLModel\n"
        "from sqlmodel.ext.asyncio.session import AsyncSession\n"
        f"class Author({bases}SQLModel, table=True):\n    id: int = Field(primary_key=True)\n"
        '    books: list["Book"] = Relationship()\n'
    )
    check_source(code + READ + LINE + f"{mark}\n", RULE, tmp_path)
