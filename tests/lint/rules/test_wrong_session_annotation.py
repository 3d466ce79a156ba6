"""A sync annotation is found where the methods of what it annotates are awaited, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_heads import AWAITS

RULE = "wrong-session-annotation"
FOUND = (
    "async def f(db: Session):  # expect medium\n    await db.commit()\n",
    "async def f(db: Session):  # expect high\n    await db.execute(select(1))\n    await db.commit()\n",
    """\
from typing import Annotated
from fastapi import Depends
def get_sync() -> Session: ...
async def get_async():
    async with Factory() as s:
        yield s
async def f(db: Session = Depends(get_sync)):  # expect medium
    await db.execute(select(1))
    await db.commit()
async def g(db: Session = Depends(get_async)):  # expect high
    await db.execute(select(1))
    await db.commit()
async def h(db: Annotated[Session, Depends(get_sync)]):
    await db.execute(select(1))
    await db.commit()
""",
    "async def f(db: 'Session'):  # expect medium\n    await db.commit()\n",
    """\
from fastapi import Depends
def get_db(): ...
async def f(db: Session = Depends(get_db)):  # expect medium
    return await db.execute(select(1))
""",
    "async def f(x, *, db: Session):  # expect medium\n    db.add(x)\n    await db.flush()\n",
    "import sqlalchemy.orm as orm\nasync def f(db: orm.Session):  # expect medium\n    await db.commit()\n",
)
SILENT = (
    "async def f(db: Session):\n    db.commit()\n",
    "async def f(db: AsyncSession):\n    await db.commit()\n",
    "async def f(s: Session, db: AsyncSession):\n    s.commit()\n    await db.commit()\n",
    "class Session:\n    async def commit(self): ...\nasync def f(db: Session):\n    await db.commit()\n",
    """\
from aiohttp import ClientSession as Session
async def f(s: Session):
    await s.get('x')
    await s.close()
""",
    "import asyncio\nasync def f(db: Session):\n    await asyncio.to_thread(db.commit)\n",
    "async def f(db: Session):\n    db.execute(select(1))\n    await db.commit()\n",
    "async def f(db: Session): ...\n",
    "class Own(Session):\n    async def commit(self): ...\nasync def f(db: Own):\n    await db.commit()\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_sync_annotation_on_what_is_awaited_is_found(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_an_annotation_that_is_not_disproved_is_silent(code: str, tmp_path: Path) -> None:
    check_source(AWAITS + code, RULE, tmp_path)


TWICE = "async def f(db: Session):  # expect {sure}\n    await db.execute(select(1))\n    await db.commit()\n"


@pytest.mark.parametrize(
    ("made", "sure", "said"),
    [
        ("", "high", "used as an AsyncSession"),
        ("from sqlalchemy import create_engine\nplain = create_engine('x')\n", "medium", "one of the two is wrong"),
        ("from sqlalchemy.orm import sessionmaker\nPlain = sessionmaker()\n", "medium", "one of the two is wrong"),
    ],
)
def test_only_where_nothing_makes_a_session_of_that_kind_is_the_annotation_sure_to_be_wrong(
    made: str, sure: str, said: str, tmp_path: Path
) -> None:
    (found,) = check_source(AWAITS + made + TWICE.format(sure=sure), RULE, tmp_path)
    assert said in found.message


def test_where_the_dependency_gives_a_session_the_await_is_told(tmp_path: Path) -> None:
    code = "from fastapi import Depends\ndef get_db():\n    with Session() as s:\n        yield s\n"
    code += (
        "async def f(db: Session = Depends(get_db)):  # expect medium\n    await db.commit()\n    await db.flush()\n"
    )
    (found,) = check_source(AWAITS + code, RULE, tmp_path)
    assert "TypeError at run time" in found.message


ALIKE = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
class Orders:
    async def one(self, db: Session):
        return await db.scalar(select(1))
    async def two(self, session: Session, key):
        await session.commit()
async def three(db: Session):
    await db.commit()
async def four(db: Session):
    await db.flush()
async def five(db: Session):
    await db.flush()
"""


def test_parameters_that_are_wrong_alike_are_told_once_a_class_or_module(tmp_path: Path) -> None:
    found = lint_source(ALIKE, RULE, tmp_path)
    assert [(one.location.line, one.message.partition(",")[0]) for one in found] == [
        (4, "`db` is annotated Session (like 1 more of class Orders)"),
        (8, "`db` is annotated Session (like 2 more of this module)"),
    ]
    assert [[(one.message, one.location.line) for one in each.related] for each in found] == [
        [("`session` of two()", 6)],
        [("`db` of four()", 10), ("`db` of five()", 12)],
    ]
