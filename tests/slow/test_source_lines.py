"""Lines of a source for what a log repeats: the loop, the relationship, the parent; both where two would fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.slow.source_lines import traced
from tests.support.slow_snapshots import logged, logged_statement, repetition

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): pass
class Hall(Base):
    __tablename__ = "halls"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelves: Mapped[list["Shelf"]] = relationship()
class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("halls.id"))
class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
"""
QUERIES = """
from sqlalchemy import insert, select
from sqlalchemy.orm import selectinload
from models import Hall, Shelf, Visit
async def lazy(session):
    halls = await session.scalars(select(Hall).order_by(Hall.id))
    return [len(await hall.awaitable_attrs.shelves) for hall in halls]
async def eager(session):
    halls = await session.scalars(select(Hall).order_by(Hall.id).options(selectinload(Hall.shelves)))
    return [hall.shelves for hall in halls]
async def added(session):
    for number in range(9):
        session.add(Visit(kind="a"))
        await session.flush()
async def single(session):
    for number in range(9):
        await session.execute(insert(Visit).values(kind="b"))
async def many(session):
    await session.execute(insert(Visit), [{"kind": "c"}])
"""
PARENT = logged_statement("SELECT halls.id, halls.name FROM halls ORDER BY halls.id", 3)
CHILD = logged_statement("SELECT shelves.id, shelves.hall_id FROM shelves WHERE $1::INTEGER = shelves.hall_id", 60)
LIST = logged_statement("SELECT shelves.hall_id, shelves.id FROM shelves WHERE shelves.hall_id IN ($1::INTEGER)", 3)
ROW = logged_statement("INSERT INTO visits (kind) VALUES ($1::VARCHAR) RETURNING visits.id", 60)
ROWS = logged_statement("INSERT INTO visits (kind) VALUES ($1::VARCHAR)", 60)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The application."""
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "queries.py").write_text(QUERIES)
    return tmp_path


def test_a_late_load_is_where_no_option_loads_it(source: Path) -> None:
    seen = traced(logged(PARENT, CHILD, LIST, repetitions=(repetition(CHILD, PARENT),)), source)
    told = {(one.key, one.function, one.line, one.repeated_by, one.parent) for one in seen.lines}
    assert (CHILD.key, "lazy", 7, 7, "queries.py:6") in told
    assert [one.function for one in seen.lines if one.key == CHILD.key] == ["lazy"]
    assert [one.function for one in seen.lines if one.key == LIST.key] == ["eager"]
    # Of its parent's two lines the one beside it is where the option belongs.
    assert [one.function for one in seen.lines if one.key == PARENT.key] == ["lazy"]


def test_without_a_loop_both_places_are_named(source: Path) -> None:
    seen = traced(logged(PARENT), source)
    assert {one.function for one in seen.lines} == {"lazy", "eager"}


def test_rows_one_by_one_and_as_a_list(source: Path) -> None:
    seen = traced(logged(ROW, ROWS, repetitions=(repetition(ROW),)), source)
    assert [(one.function, one.repeated_by) for one in seen.lines if one.key == ROW.key] == [
        ("added", 12),
        ("single", 16),
    ]
    assert [one.function for one in seen.lines if one.key == ROWS.key] == ["many"]
