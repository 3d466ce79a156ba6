"""A plain `with` on a session, connection or transaction of asyncio is found; what has an `__enter__` is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed
from tests.support.lint_heads import AWAITS

RULE = "sync-with-on-async-session"
FOUND = (
    "async def f():\n    with Factory() as db:  # expect high\n        pass\n",
    "async def f():\n    with Factory.begin() as db:  # expect high\n        pass\n",
    "async def f():\n    with engine.connect() as c:  # expect high\n        pass\n",
    "async def f(db: AsyncSession):\n    with db.begin():  # expect high\n        db.add(1)\n",
    "async def f(db: AsyncSession):\n    with db.begin_nested():  # expect high\n        db.add(1)\n",
    "async def f():\n    with AsyncSession(engine) as db:  # expect high\n        pass\n",
    "async def f():\n    with engine.begin() as c:  # expect high\n        pass\n",
    "async def f(db: AsyncSession):\n    with db:  # expect high\n        await db.commit()\n",
)
SILENT = (
    "def f(s: Session):\n    with s.begin():\n        pass\n",
    "async def f(db: AsyncSession):\n    with db.no_autoflush:\n        pass\n",
    "async def f():\n    async with Factory() as db, db.begin():\n        pass\n",
    "async def f(db: AsyncSession):\n    with db.sync_session.begin():\n        pass\n",
    """\
from sqlalchemy.orm import sessionmaker
Make = sessionmaker()
def f():
    with Make() as s, s.begin():
        pass
""",
    """\
from sqlalchemy import create_engine
def f():
    with create_engine('x').connect() as c:
        pass
""",
    """\
class Own(AsyncSession):
    def __enter__(self): ...
    def __exit__(self, *e): ...
async def f(db: Own):
    with db:
        pass
""",
    "class AsyncSession: ...\nasync def f(db: AsyncSession):\n    with db:\n        pass\n",
    "import requests\ndef f():\n    with requests.Session() as session:\n        pass\n",
    "def f(db, lock):\n    with lock, db.begin():\n        pass\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_plain_with_on_what_is_async_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_a_plain_with_can_enter_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_the_edits_leave_nothing_to_find(code: str, tmp_path: Path) -> None:
    before = AWAITS + code
    after = fixed(before, RULE, tmp_path)
    assert after != before
    check_source(after.replace("# expect", "# mended"), RULE, tmp_path)


def test_beside_another_context_no_edit_is_made(tmp_path: Path) -> None:
    code = AWAITS + "async def f():\n    with open('x') as file, Factory() as db:  # expect high\n        pass\n"
    check_source(code, RULE, tmp_path)
    assert fixed(code, RULE, tmp_path) == code


def test_in_a_plain_function_no_edit_is_made(tmp_path: Path) -> None:
    code = AWAITS + "def f():\n    with Factory() as db:  # expect high\n        pass\n"
    check_source(code, RULE, tmp_path)
    assert fixed(code, RULE, tmp_path) == code


@pytest.mark.parametrize(
    ("classes", "mark"),
    [
        (("AsyncSession", "Session"), ""),
        (("Session", "AsyncSession"), ""),
        (("AsyncSession", "AsyncSession"), "  # expect high"),
    ],
)
@pytest.mark.parametrize("asked", ["by a function", "by a condition"])
def test_a_factory_of_either_class_makes_no_async_session(
    asked: str, classes: tuple[str, str], mark: str, tmp_path: Path
) -> None:
    one, other = classes
    given = "class_of(engine)" if asked == "by a function" else f"{one} if engine.dialect.is_async else {other}"
    code = (
        "from sqlalchemy.orm import Session, sessionmaker\n"
        f"def class_of(engine):\n    if engine.dialect.is_async:\n        return {one}\n    return {other}\n"
        f"def work(engine):\n    make = sessionmaker(engine, class_={given})\n    with make() as db:{mark}\n        db.begin()\n"
    )
    check_source(AWAITS + code, RULE, tmp_path)
