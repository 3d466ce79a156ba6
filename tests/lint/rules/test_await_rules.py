"""The other rules about `await`: found where it is wrong, silent on the correct idiom, mended by their edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, fixed

SA = """\
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
Factory = async_sessionmaker()
engine = create_async_engine("x")
"""

CASES = {
    "await-on-result": (
        """\
async def f(db: AsyncSession):
    return await db.execute(select(1)).scalars().all()  # expect high
""",
        """\
async def f(db: AsyncSession):
    r = await db.execute(select(1))
    return await r.all()  # expect high
""",
        "async def f(db: AsyncSession):\n    return (await db.execute(select(1))).scalars().all()\n",
        "async def f(db: AsyncSession):\n    return await (await db.stream(select(1))).all()\n",
    ),
    "awaited-sync-method": (
        "async def f(db: AsyncSession):\n    await db.add(1)  # expect high\n",
        "async def f(db):\n    await db.flush()\n    await db.add_all([])  # expect medium\n",
        "async def f(db: AsyncSession):\n    await db.delete(1)\n    db.add(2)\n",
        "class Repo:\n    async def add(self, x): ...\nasync def f(repo: Repo):\n    await repo.add(1)\n",
    ),
    "sync-with-on-async-session": (
        "async def f():\n    with Factory() as db:  # expect high\n        pass\n",
        "async def f():\n    with Factory.begin() as db:  # expect high\n        pass\n",
        "async def f():\n    with engine.connect() as c:  # expect high\n        pass\n",
        "def f(s: Session):\n    with s.begin():\n        pass\n",
        "async def f(db: AsyncSession):\n    with db.no_autoflush:\n        pass\n",
    ),
    "async-iteration-mistake": (
        """\
async def f(db: AsyncSession):
    for row in await db.stream(select(1)):  # expect high
        pass
""",
        """\
async def f(db: AsyncSession):
    return [x async for x in await db.scalars(select(1))]  # expect high
""",
        "async def f(db: AsyncSession):\n    for row in await db.scalars(select(1)):\n        pass\n",
        """\
async def f(db: AsyncSession):
    async for row in await db.stream_scalars(select(1)):
        pass
""",
    ),
    "wrong-session-annotation": (
        "async def f(db: Session):  # expect medium\n    await db.commit()\n",
        "async def f(db: Session):\n    db.commit()\n",
        "async def f(db: AsyncSession):\n    await db.commit()\n",
        "async def f(s: Session, db: AsyncSession):\n    s.commit()\n    await db.commit()\n",
    ),
    "unawaited-data-access": (
        """\
class Repo:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self):
        await self.db.flush()
async def f(repo: Repo):
    repo.save()  # expect high
""",
        """\
import asyncio
async def g(db: AsyncSession): ...
async def f(db: AsyncSession):
    await g(db)
    t = asyncio.create_task(g(db))
    await t
    return await asyncio.gather(g(db), g(db))
""",
        "async def other(): return 1\nasync def f(db: AsyncSession):\n    other()\n",
    ),
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in CASES.items() for code in codes], ids=lambda value: value[:40]
)
def test_only_the_marked_lines_are_found(rule: str, code: str, tmp_path: Path) -> None:
    check_source(SA + code, rule, tmp_path)


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule != "wrong-session-annotation"])
def test_the_edits_leave_nothing_to_find(rule: str, tmp_path: Path) -> None:
    before = SA + CASES[rule][0]
    after = fixed(before, rule, tmp_path)
    assert after != before
    check_source(after.replace("# expect", "# mended"), rule, tmp_path)
