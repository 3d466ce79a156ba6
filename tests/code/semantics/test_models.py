"""Models are known with their relationships, and how each loads."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import ClassDef

CODE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase): ...

class Owned:
    owner: Mapped["User"] = relationship(lazy="joined")

class Order(Owned, Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["Line"]] = relationship(back_populates="order")
    notes = relationship("Note", lazy="raise")

class Form: ...
"""
SQLMODEL = """
from sqlmodel import Field, Relationship, SQLModel

class Team(SQLModel, table=True):
    heroes: list["Hero"] = Relationship(sa_relationship_kwargs={"lazy": "selectin"})
    rivals: list["Team"] = Relationship()
"""
OPTIONS = """
from sqlalchemy.orm import DynamicMapped, Mapped, WriteOnlyMapped, dynamic_loader, relationship
from sqlmodel import Relationship, SQLModel

class User:
    __tablename__ = "users"
    one = relationship("X", lazy="dynamic")
    two: DynamicMapped["X"] = relationship()
    three: WriteOnlyMapped["X"] = relationship(lazy="select")
    four = dynamic_loader("X")
    five: Mapped["X"] = relationship(**options)
    six: Mapped["X"] = relationship(lazy=chosen)
    seven: Mapped["X"] = relationship(lazy="select", **options)

class Team(SQLModel, table=True):
    one: list["X"] = Relationship(sa_relationship=made)
    two: list["X"] = Relationship(sa_relationship_kwargs=options)
    three: list["X"] = Relationship(sa_relationship_kwargs={"order_by": "X.id"})
    four: list["X"] = Relationship(sa_relationship_kwargs={**options})
"""


def models(code: str, folder: Path) -> dict[str, dict[str, tuple[str | None, bool]]]:
    path = folder / "models.py"
    path.write_text(code)
    project = Project(folder)
    file = project.open(path)
    assert file is not None
    found = {class_.name: project.model(class_) for class_ in file.query(ClassDef)}
    return {
        name: {one.name: (one.target, one.loads_on_access) for one in model.relationships}
        for name, model in found.items()
        if model is not None
    }


def test_relationships_are_known_with_their_loading_inherited_ones_too(tmp_path: Path) -> None:
    assert models(CODE, tmp_path) == {
        "Order": {"lines": ("Line", True), "notes": ("Note", False), "owner": ("User", False)}
    }


def test_relationships_of_sqlmodel_are_known(tmp_path: Path) -> None:
    assert models(SQLMODEL, tmp_path) == {"Team": {"heroes": ("Hero", False), "rivals": ("Team", True)}}


def test_what_is_never_loaded_whole_or_not_known_is_not_said_to_load_on_access(tmp_path: Path) -> None:
    loads = {
        model: {name: loads for name, (_, loads) in relationships.items()}
        for model, relationships in models(OPTIONS, tmp_path).items()
    }
    assert loads == {
        "User": {"one": False, "two": False, "three": False, "four": False, "five": False, "six": False, "seven": True},
        "Team": {"one": False, "two": False, "three": True, "four": False},
    }
