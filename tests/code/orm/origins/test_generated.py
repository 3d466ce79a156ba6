"""Generated models and statements: as PostgreSQL shows it, each statement leads back to the line that built it.

The models and the functions are written to a module, imported, and compiled by SQLAlchemy itself for asyncpg; the
project is asked with the text alone. What is demanded: the line is among the answers, and no answer that is called
sure is another line than one that builds the very same text.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import asyncpg

from forge_doctor.code.orm.origins.search import Statements
from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Confidence
from forge_doctor.sql.masking import without_values

NOUNS = ["order", "product", "customer", "invoice", "shipment", "rating", "voucher", "address"]
COLUMNS = ["state", "amount", "name", "created_at", "note", "priority", "owner_ref", "kind", "due_on", "closed"]
HEAD = """
from sqlalchemy import ForeignKey, delete, func, insert, or_, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, joinedload, mapped_column, relationship
"""


def model(noun: str, columns: list[str], parent: str | None, chance: random.Random) -> str:
    lines = [
        f"class {noun.title()}(Base):",
        f'    __tablename__ = "{noun}s"',
        "    id: Mapped[int] = mapped_column(primary_key=True)",
    ]
    for column in columns:
        kind = chance.choice(["Mapped[str]", "Mapped[int]", "Mapped[str | None]"])
        renamed = chance.random() < 0.15
        made = f' = mapped_column("{column}_col")' if renamed else chance.choice(["", " = mapped_column(index=True)"])
        lines.append(f"    {column}: {kind}{made}")
    if parent:
        lines.append(f'    {parent}_id: Mapped[int] = mapped_column(ForeignKey("{parent}s.id"))')
        lines.append(f"    {parent}: Mapped[{parent.title()!r}] = relationship()")
    return "\n".join(lines) + "\n\n\n"


def statement(noun: str, columns: list[str], parent: str | None, chance: random.Random) -> str:
    """The body of a function that returns a statement."""
    name = noun.title()
    pick = lambda: f"{name}.{chance.choice(columns)}"  # noqa: E731
    condition = lambda: chance.choice(  # noqa: E731
        [
            f"{pick()} == x",
            f"{pick()}.in_([x, x])",
            f"{pick()} > x",
            f"{pick()}.is_(None)",
            f"or_({pick()} == x, {pick()} == x)",
        ]
    )
    start = chance.choice([f"select({name})", f"select({pick()}, {name}.id)", f"select(func.count({name}.id))"])
    if chance.random() < 0.2:
        return chance.choice(
            [
                f"return update({name}).where({condition()}).values({chance.choice(columns)}=x)",
                f"return delete({name}).where({condition()})",
                f"return insert({name}).values({chance.choice(columns)}=x).returning({name}.id)",
            ]
        )
    lines = [f"statement = {start}.where({condition()})"]
    for _ in range(chance.randrange(3)):
        step = chance.choice([f"where({condition()})", f"order_by({pick()})", "limit(x)", "offset(x)"])
        if chance.random() < 0.5:
            lines.append(f"if maybe():\n        statement = statement.{step}")
        else:
            lines[0] += f".{step}"
    if parent and chance.random() < 0.4 and start == f"select({name})":
        lines[0] += chance.choice([f".options(joinedload({name}.{parent}))", f".join({name}.{parent})"])
    return "\n    ".join([*lines, "return statement"])


def write(folder: Path, seed: int) -> Path:
    chance = random.Random(seed)
    nouns = chance.sample(NOUNS, 4)
    text = [
        HEAD,
        "\n\nclass Base(DeclarativeBase):\n    pass\n\n\ndef maybe():\n    return CHANCE.random() < 0.5\n\n\n",
    ]
    columns = {noun: chance.sample(COLUMNS, 6) for noun in nouns}
    parents: dict[str, str | None] = {
        noun: chance.choice(nouns[:index]) if index else None for index, noun in enumerate(nouns)
    }
    text += [model(noun, columns[noun], parents[noun], chance) for noun in nouns]
    for number in range(40):
        noun = chance.choice(nouns)
        text.append(f"def build_{number}(x=1):\n    {statement(noun, columns[noun], parents[noun], chance)}\n\n\n")
    path = folder / f"shop_{seed}.py"
    path.write_text("".join(text))
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    return path


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, ModuleType]]:
    path = write(tmp_path, request.param)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    module.CHANCE = random.Random(request.param)  # type: ignore[attr-defined]
    spec.loader.exec_module(module)
    yield path, module
    del sys.modules[path.stem]


def shown(built: Any) -> str:
    compiled = built.compile(dialect=asyncpg.dialect(), compile_kwargs={"render_postcompile": True})
    return without_values(str(compiled))


@pytest.mark.parametrize("shop", range(8), indirect=True)
def test_each_statement_leads_back_to_its_function(shop: tuple[Path, ModuleType]) -> None:
    path, module = shop
    builders = {name: getattr(module, name) for name in vars(module) if name.startswith("build_")}
    texts = {name: {shown(build()) for _ in range(6)} for name, build in builders.items()}
    project = Statements(Project(path.parent))
    sure = 0
    for name, own in texts.items():
        for text in own:
            found = project.origins(text, most=40)
            same = {other for other, its in texts.items() if text in its}
            assert name in {one.function for one in found}, (text, found)
            if found[0].confidence is not Confidence.LOW:
                sure += 1
                assert {one.function for one in found} <= same, (text, found)
    assert sure > 20, "most of them can be told apart"
