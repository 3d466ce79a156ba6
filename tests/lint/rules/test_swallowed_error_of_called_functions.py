"""`swallowed-error-without-rollback` where a called function swallows the error, and its caller goes on with the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

STORE = """\
from sqlalchemy.ext.asyncio import AsyncSession
from app.models import User
class Store:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def save(self, name):
        self.session.add(User(name=name))
        try:
            await self.session.commit()
        except Exception as error:
            {handling}
            return False
        return True
async def clear(db: AsyncSession):
    try:
        await db.commit()
    except Exception as error:
        {handling}
        return False
    return True
"""
CODE = """\
from app.store import Store, clear
async def each(names):
    async with Session() as db:
        store = Store(db)
        for name in names:
            {call}{mark}
async def given(db: AsyncSession):
    {given}{second}
    {then}
"""
PLAIN = {
    "call": "await store.save(name)", "given": "await clear(db)", "then": "await db.execute(select(User))",
}  # fmt: skip
MARK = "  # expect medium"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (PLAIN, "both"),
        (PLAIN | {"call": "done = await store.save(name)"}, "both"),
        (PLAIN | {"given": "done = await clear(db); print(done)"}, "both"),
        (PLAIN | {"given": "done = await clear(db)\n    if not done: return"}, "first"),
        (PLAIN | {"given": "if not await clear(db): return"}, "first"),
        (PLAIN | {"then": "await db.rollback()"}, "first"),
        (PLAIN | {"then": "return names"}, "first"),
        (PLAIN | {"call": "await store.save(name); break"}, "second"),
        (PLAIN | {"call": "await store.save(name); await db.rollback()"}, "second"),
        (PLAIN | {"call": "if not await store.save(name): return"}, "second"),
    ],
)
def test_the_caller_goes_on_with_a_session_that_has_failed(parts: dict[str, str], told: str, tmp_path: Path) -> None:
    marks = {"mark": MARK * (told in ("both", "first")), "second": MARK * (told in ("both", "second"))}
    files = project(CODE.format(**parts, **marks)) | {"app/store.py": STORE.format(handling="print(error)")}
    check_source(files, "swallowed-error-without-rollback", tmp_path)


def test_what_the_function_itself_goes_on_with_fails_first(tmp_path: Path) -> None:
    store = STORE.format(handling="print(error)").replace(
        "        return False\n    return True", "        pass\n    await other(db)"
    )
    code = CODE.format(**PLAIN | {"call": "pass"}, mark="", second="")
    check_source(project(code) | {"app/store.py": store}, "swallowed-error-without-rollback", tmp_path)


@pytest.mark.parametrize("handling", ["await self_or(db).rollback()", "raise", "raise ValueError from error"])
def test_a_handler_that_cares_leaves_nothing_behind(handling: str, tmp_path: Path) -> None:
    files = project(CODE.format(**PLAIN, mark="", second="")) | {"app/store.py": STORE.format(handling=handling)}
    check_source(files, "swallowed-error-without-rollback", tmp_path)


def test_a_session_of_each_round_is_another_one(tmp_path: Path) -> None:
    code = (
        "from app.store import clear\nasync def f(names):\n    for name in names:\n        async with Session() as db:\n"
        "            db.add(User(name=name))\n            await clear(db)\n"
    )
    files = project(code) | {"app/store.py": STORE.format(handling="print(error)")}
    check_source(files, "swallowed-error-without-rollback", tmp_path)
