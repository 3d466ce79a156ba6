"""What `legacy-query` writes gives what the legacy query gave: both are run on a real database (SQLite)."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests.support.lint_cases import fixed

MODULE = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    pets: Mapped[list["Pet"]] = relationship(order_by="Pet.id")
class Pet(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
class Owner(Base):
    __table__ = User.__table__
    pets: Mapped[list[Pet]] = relationship(lazy="joined", viewonly=True)
def fill(db: Session):
    db.add_all([User(id=1, name="a", pets=[Pet(), Pet()]), User(id=2, name="b", pets=[Pet()])])
    db.commit()
"""
QUERIES = (
    "db.query(User).order_by(User.id).all()",
    "db.query(User).order_by(User.id.desc()).first()",
    "db.query(User).filter(User.id == 7).first()",
    "db.query(User).filter(User.name == 'a', User.id == 1).one()",
    "db.query(User).filter_by(name='b').one_or_none()",
    "db.query(User).join(User.pets).order_by(User.id).all()",
    "db.query(User).join(User.pets).filter(User.id == 1).one()",
    "db.query(User).options(joinedload(User.pets)).order_by(User.id).all()",
    "db.query(User).options(joinedload(User.pets)).order_by(User.id).first()",
    "db.query(User).limit(1).offset(1).all()",
    "db.query(User).get(2)",
    "db.query(User).get(7)",
    "db.query(User.name).order_by(User.id).all()",
    "db.query(User.name).filter(User.id == 2).scalar()",
    "db.query(User.name).filter(User.id == 7).scalar()",
    "db.query(User.name).order_by(User.id).first()",
    "db.query(Owner).order_by(Owner.id).all()",
)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.filterwarnings("ignore:The Query.get")
def test_the_rewritten_query_gives_the_same(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"{MODULE}def ask(db: Session):\n    return {query}\n"
    after = fixed(code, "legacy-query", tmp_path)
    assert ".query(" in code
    assert ".query(" not in after
    assert run(after, "after", monkeypatch) == run(code, "before", monkeypatch)


def run(code: str, name: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """What `ask` gives on the filled database, as text."""
    module: Any = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)  # where SQLAlchemy looks up the annotations
    exec(compile(code, "module.py", "exec", dont_inherit=True), module.__dict__)
    engine = create_engine("sqlite://", poolclass=StaticPool)
    module.Base.metadata.create_all(engine)
    with Session(engine) as db:
        module.fill(db)
        found = described(module.ask(db))
    engine.dispose()
    return found


def described(value: object) -> object:
    """Models by class and key, rows as tuples."""
    if isinstance(value, list):
        return [described(one) for one in value]
    key = getattr(value, "id", None)
    return f"{type(value).__name__} {key}" if key is not None else value
