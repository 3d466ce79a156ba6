"""`connection-held-while-waiting` in handlers of Litestar, which gives dependencies by the names of parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_models import project

RULE = "connection-held-while-waiting"
APP = """\
from litestar import Controller, Litestar, get
from litestar.di import Provide
async def provide_user(db_session: AsyncSession, number: int) -> User:
    return (await db_session.scalars(select(User))).one(){query}
async def plain(number: int) -> int:
    return number
@get("/weather/{{number:int}}")
async def weather({params}) -> str:
    {before}
    async with httpx.AsyncClient() as client:
        return (await client.get("https://x")).text{wait}
app = Litestar([weather], dependencies={{"db_session": Provide(get_db), "user": Provide({user}), "plain": Provide(plain)}})
"""
PLAIN = {"params": "user: User", "before": "print(user)", "user": "provide_user", "query": "", "wait": ""}
TOLD = {"query": "  # expect", "wait": "  # expect"}


@pytest.mark.parametrize(
    "parts",
    [
        TOLD,
        TOLD | {"params": "user: User, plain: int"},
        {"params": "plain: int"},
        {"params": "other: User"},
        {"params": "user: User, db_session: AsyncSession", "before": "await db_session.commit()"},
    ],
)
def test_what_a_name_asks_for_has_queried(parts: dict[str, str], tmp_path: Path) -> None:
    check_source(project(APP.format(**(PLAIN | parts))), RULE, tmp_path)


def test_a_name_that_two_functions_provide_is_not_known(tmp_path: Path) -> None:
    files = project(APP.format(**PLAIN))
    files["app/other.py"] = (
        "from litestar.di import Provide\nasync def another() -> str:\n    return ''\n"
        "dependencies = {'user': Provide(another)}\n"
    )
    assert not lint_source(files, RULE, tmp_path)
