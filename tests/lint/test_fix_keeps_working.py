"""Code that works before `--fix` works after it, and does the same: the code is run, with a real database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lint_command import lint

HEAD = """\
import asyncio
from contextlib import asynccontextmanager
from typing import Any, AsyncGenerator
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
Plain = sessionmaker(engine)

class Base(DeclarativeBase): ...

class House(Base):
    __tablename__ = "houses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

Base.metadata.create_all(engine)
with Plain() as session:
    session.add(House(name="a"))
    session.commit()

"""
WORKING = {
    "a context manager gives a sync session": """\
@asynccontextmanager
async def get_db() -> AsyncGenerator[Any, None]:
    with Plain() as db:
        yield db
        db.commit()

async def main():
    async with get_db() as db:
        house = db.execute(select(House)).scalar_one()
        db.flush()
        print(house.name)

asyncio.run(main())
""",
    "a class gives one": """\
class Unit:
    async def __aenter__(self):
        self.session = Plain()
        return self.session

    async def __aexit__(self, *error):
        self.session.close()

async def main():
    async with Unit() as session:
        print(session.scalars(select(House)).one().name)
        session.rollback()

asyncio.run(main())
""",
    "a method is no coroutine of a session": """\
class Guarded:
    def begin(self):
        raise RuntimeError("no")

    def commit(self):
        print("kept")

async def main(session=Guarded()):
    try:
        session.begin()
    except RuntimeError as error:
        print(error)
    session.commit()

asyncio.run(main())
""",
}
MENDED = """\
with Plain() as session:
    print(session.execute("SELECT name FROM houses").scalar_one())
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "app.py"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", WORKING)
def test_working_code_still_works(kind: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HEAD + WORKING[kind], encoding="utf-8")
    before = run(tmp_path)
    assert before.returncode == 0, before.stderr
    lint(tmp_path, "--fix", "--no-cache", "app.py")
    assert run(tmp_path).stdout == before.stdout


def test_what_was_mended_works(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HEAD + MENDED, encoding="utf-8")
    assert "ArgumentError" in run(tmp_path).stderr
    lint(tmp_path, "--fix", "--no-cache", "app.py")
    assert run(tmp_path).stdout == "a\n"
