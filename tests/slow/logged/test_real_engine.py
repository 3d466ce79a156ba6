"""What SQLAlchemy itself writes, whichever version is installed: an application of a few lines, its log read back."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from forge_doctor.settings import Settings
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.engine_logs import read_text

LAYOUTS = {
    "echo": "%(asctime)s %(levelname)s %(name)s %(message)s",
    "process and line": "%(asctime)s [%(process)d] %(levelname)-5s %(name)s:%(lineno)d | %(message)s",
    "basic": "%(levelname)s:%(name)s:%(message)s",
    "message": "%(message)s",
}


class Base(DeclarativeBase):
    """The models' base."""


class Hall(Base):
    """A hall with shelves."""

    __tablename__ = "halls"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    shelves: Mapped[list[Shelf]] = relationship(back_populates="hall")


class Shelf(Base):
    """A shelf in a hall."""

    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    hall_id: Mapped[int] = mapped_column(ForeignKey("halls.id"))
    hall: Mapped[Hall] = relationship(back_populates="shelves")


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[tuple[Session, io.StringIO]]:
    """A session whose engine's records are kept, in the layout and with the options that are asked for."""
    layout, options = getattr(request, "param", ("echo", {}))
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logging.Formatter(LAYOUTS[layout]))
    logger = logging.getLogger("sqlalchemy.engine")
    before = logger.level
    engine = create_engine("sqlite://", **options)
    Base.metadata.create_all(engine)
    with Session(engine) as made:
        for number in range(12):
            made.add(Hall(name=f"hush {number}", shelves=[Shelf(), Shelf()]))
        made.commit()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with Session(engine) as own:
            yield own, kept
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        engine.dispose()


def lazy(session: Session) -> None:
    for hall in session.scalars(select(Hall)):
        len(hall.shelves)


def to_one(session: Session) -> None:
    for shelf in session.scalars(select(Shelf)).all():
        assert shelf.hall.name


def eager(session: Session) -> None:
    for hall in session.scalars(select(Hall).options(selectinload(Hall.shelves))):
        len(hall.shelves)


def flushed(session: Session) -> None:
    for number in range(9):
        session.add(Hall(name=f"hush {number}"))
        session.flush()
    session.commit()


def together(session: Session) -> None:
    session.add_all([Hall(name=f"hush {number}") for number in range(90)])
    session.commit()


def core_list(session: Session) -> None:
    session.execute(insert(Shelf), [{"hall_id": 1} for _ in range(90)])
    session.commit()


def committed(session: Session) -> None:
    for number in range(9):
        session.add(Hall(name=f"hush {number}"))
        session.commit()


def changed(session: Session) -> None:
    for number in range(1, 10):
        session.execute(update(Hall).where(Hall.id == number).values(name="hush"))
    session.commit()


def crossed(session: Session) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session.execute(select(Hall.name, Shelf.id)).all()


CASES: dict[str, tuple[Callable[[Session], None], set[str]]] = {
    "lazy": (lazy, {"n-plus-one"}),
    "to one": (to_one, {"n-plus-one"}),
    "eager": (eager, set()),
    "flushed": (flushed, {"unbatched-insert"}),
    # The dialect of SQLite can not say which new key is which row's.
    "together": (together, {"unbatched-insert"}),
    "a list": (core_list, set()),
    "changed": (changed, {"query-in-loop"}),
    "committed": (committed, {"commit-per-row"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("session", [(one, {}) for one in LAYOUTS], indirect=True, ids=LAYOUTS)
def test_what_an_application_does(session: tuple[Session, io.StringIO], case: str, tmp_path: Path) -> None:
    own, kept = session
    work, wanted = CASES[case]
    work(own)
    own.close()
    assert checks(kept.getvalue(), tmp_path) == wanted


@pytest.mark.parametrize(
    "session",
    [("echo", {"hide_parameters": True}), ("echo", {"logging_name": "main"}), ("basic", {"logging_name": "main"})],
    indirect=True,
)
def test_options_of_an_engine(session: tuple[Session, io.StringIO], tmp_path: Path) -> None:
    own, kept = session
    lazy(own)
    own.close()
    assert checks(kept.getvalue(), tmp_path) == {"n-plus-one"}


def test_tokens_in_front_of_messages(session: tuple[Session, io.StringIO], tmp_path: Path) -> None:
    own, kept = session
    for name in ("r1", "r2", "r3", "r4"):
        own.connection(execution_options={"logging_token": name})
        lazy(own)
        own.rollback()
        own.expunge_all()
    found = read_text(tmp_path, kept.getvalue())
    assert [(one.usual, one.transactions) for one in found.repetitions] == [(12, 4)]


def checks(text: str, folder: Path) -> set[str]:
    """The checks that find something in a log; whatever they say has none of its values."""
    found = read_text(folder, text)
    report = run_slow(SlowSnapshot(taken_at="2026-11-22T03:00:00+00:00", target="app.log", logged=found), Settings())
    said: Any = (report.findings, found)
    assert "hush" not in repr(said)
    return {one.check for one in report.findings}
