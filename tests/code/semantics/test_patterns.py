"""What the patterns of `match` bind: names hide what stands around them, and `Class() as name` tells what it holds."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project

HEAD = """\
from sqlalchemy.ext.asyncio import AsyncSession
class Users:
    async def save(self): ...
def f(db: AsyncSession, thing):
    match thing:
"""
# Patterns that bind `db`; `{0}` is what surely is asked of it.
BINDING = [
    "db", "[db, *_]", "[1, *db]", '{{"key": db}}', '{{"key": 1, **db}}', "Users(db)", "Users(name=db)", "(1 | 2) as db",
    "[Users(name=[1, db])]", "Users() | [] as db",
]  # fmt: skip
TELLING = ["{0}() as db", "{0}(name=1) as db", "[{0}() as db, *_]", '{{"key": {0}() as db}}', "Users(name={0}() as db)"]
# Patterns that have the name, and bind it not.
OTHER = ["Users(db=1)", '{{"db": 1}}', "db.name", "[1, db.name]", "Users(db=None)"]


def kind_of(source: str, folder: Path) -> Kind:
    (folder / "module.py").write_text(HEAD + source)
    project = Project(folder)
    file = project.open(folder / "module.py")
    assert file is not None
    call = next(iter(file.calls("use")))
    return project.value_of(call.args[0]).kind


@pytest.mark.parametrize("guard", ["", " if thing"])
@pytest.mark.parametrize("pattern", BINDING)
def test_a_captured_name_is_something_else(pattern: str, guard: str, tmp_path: Path) -> None:
    assert kind_of(f"        case {pattern.format('Users')}{guard}:\n            use(db)\n", tmp_path) is Kind.UNKNOWN


@pytest.mark.parametrize(("pattern", "asked"), list(product(TELLING, ["AsyncSession", "Users"])))
def test_the_class_of_a_pattern_tells_what_it_binds(pattern: str, asked: str, tmp_path: Path) -> None:
    wanted = Kind.ASYNC_SESSION if asked == "AsyncSession" else Kind.INSTANCE
    assert kind_of(f"        case {pattern.format(asked)}:\n            use(db)\n", tmp_path) is wanted


@pytest.mark.parametrize("pattern", OTHER)
def test_what_is_compared_binds_nothing(pattern: str, tmp_path: Path) -> None:
    assert kind_of(f"        case {pattern.format()}:\n            use(db)\n", tmp_path) is Kind.ASYNC_SESSION


def test_another_case_binds_for_itself_alone(tmp_path: Path) -> None:
    source = "        case [db]:\n            pass\n        case _:\n            use(db)\n"
    assert kind_of(source, tmp_path) is not Kind.OTHER
    assert kind_of(source.replace("[db]", "[other]"), tmp_path) is Kind.ASYNC_SESSION
