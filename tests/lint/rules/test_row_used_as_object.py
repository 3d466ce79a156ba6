"""`row-used-as-object`: what a result gives, by whatever names it comes to the place that takes it for the object."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "row-used-as-object"
QUERY = "await db.execute(select(User))"
TOLD = "  # expect high"
# How a row comes to the name `row`, and whether it is one.
WAYS = [
    (f"    row = ({QUERY}).first()\n", True),
    (f"    result = {QUERY}\n    row = result.one_or_none()\n", True),
    (f"    result = {QUERY}\n    rows = result.unique().all()\n    row = rows[0]\n", True),
    (f"    rows = ({QUERY}).fetchall()\n    first = rows[0]\n    row = first\n", True),
    ("    query = select(User).where(User.age > 3)\n    row = (await db.execute(query)).one()\n", True),
    (f"    row = ({QUERY}).scalars().first()\n", False),
    (f"    row = ({QUERY}).scalar_one()\n", False),
    ("    row = (await db.scalars(select(User))).first()\n", False),
    ("    row = (await db.execute(select(User.name, User.age))).first()\n", False),
    ("    row = (await db.execute(select(User).with_only_columns(User.name))).first()\n", False),
    ("    row = (await db.execute(select(User).add_columns(User.name))).first()\n", False),
    ("    async with engine.connect() as c:\n        row = (await c.execute(select(User))).first()\n", False),
    (f"    row = unpacked(({QUERY}).first())\n", False),
    (f"    row = ({QUERY}).first()\n    row = row.User\n", False),
    (f"    (row,) = ({QUERY}).first()\n", False),
    (f"    result = {QUERY}\n    row = result.mappings().first()\n", False),
]
USES = ["return row.name", "print(row.orders)", "if row is not None:\n        return row.id", "await db.delete(row)"]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("way", "is_row"), WAYS)
def test_the_ways_of_a_row_to_its_use(way: str, is_row: bool, use: str, tmp_path: Path) -> None:
    check_source(project(f"async def f(db: AsyncSession):\n{way}    {use}{TOLD if is_row else ''}\n"), RULE, tmp_path)


@pytest.mark.parametrize("use", ["row.User.name", "row[0].name", "row.count", "row._mapping", "row.unknown", "row"])
def test_what_a_row_has_is_not_told(use: str, tmp_path: Path) -> None:
    code = f"async def f(db: AsyncSession):\n    row = ({QUERY}).first()\n    return {use}\n"
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize("fetched", ["", ".all()", ".fetchall()", ".unique().all()"])
@pytest.mark.parametrize("scalars", ["", ".scalars()"])
@pytest.mark.parametrize("is_named", [True, False])
def test_each_row_of_a_result(fetched: str, scalars: str, is_named: bool, tmp_path: Path) -> None:
    told = "" if scalars else TOLD
    given = f"({QUERY}){scalars}{fetched}"
    named = f"    rows = {given}\n" if is_named else ""
    walked = "rows" if is_named else given
    code = (
        f"async def f(db: AsyncSession):\n{named}    for row in {walked}:\n        print(row.name){told}\n"
        f"async def g(db: AsyncSession):\n{named}    return [row.name for row in {walked}]{told}\n"
    )
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize(("end", "told"), [(".first()", "  # expect medium"), (".scalars().first()", "")])
def test_a_row_that_another_function_returns(end: str, told: str, tmp_path: Path) -> None:
    code = (
        f"async def find(db: AsyncSession):\n    result = {QUERY}\n    return result{end}\n"
        f"async def drop(db: AsyncSession):\n    await db.delete(await find(db)){told}\n"
    )
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize(("end", "told"), [(".first()", TOLD), (".scalars().first()", "")])
def test_a_plain_session_gives_rows_too(end: str, told: str, tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.orm import Session as Plain\n"
        f"def f(db: Plain):\n    row = db.execute(select(User)){end}\n    return row.name{told}\n"
    )
    check_source(project(code), RULE, tmp_path)
