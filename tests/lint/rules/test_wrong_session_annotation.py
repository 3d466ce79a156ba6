"""A sync annotation is found where the methods of what it annotates are awaited, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import AWAITS

RULE = "wrong-session-annotation"
FOUND = (
    "async def f(db: Session):  # expect medium\n    await db.commit()\n",
    "async def f(db: Session):  # expect high\n    await db.execute(select(1))\n    await db.commit()\n",
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
