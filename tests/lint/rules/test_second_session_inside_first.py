"""`second-session-inside-first`: two connections of one pool in one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

FIRST = "async def f():\n    async with Session() as a:\n"
INNER = "        async with Session() as b:{mark}\n            await b.execute(text('y'))\n"
KEY = "async def key(db: AsyncSession = Depends(get_db)):\n    return await db.scalar(select(User))\n"
MANAGER = (
    "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def scope():\n"
    "    async with Session() as s:\n        yield s\n"
)
OWN = "    async with Session() as b:  # expect medium\n        await b.execute(text('y'))\n"
AUDIT = "async def audit():\n    async with Session() as s:\n        await s.execute(text('z'))\n"
NESTED = [
    AUDIT + FIRST + "        await a.execute(text('x'))\n        await audit()  # expect medium\n",
    FIRST + "        await a.execute(text('x'))\n" + INNER.format(mark="  # expect high"),
    FIRST
    + "        await a.execute(text('x'))\n        if a:\n    "
    + INNER.format(mark="  # expect high").replace("\n", "\n    "),
    MANAGER
    + "async def f():\n    async with scope() as a:\n        await a.execute(text('x'))\n"
    + INNER.format(mark="  # expect high"),
    "@router.get('/')\nasync def f(db: AsyncSession = Depends(get_db)):\n    await db.execute(text('x'))\n" + OWN,
    KEY + "@router.get('/')\nasync def f(k=Depends(key)):\n" + OWN,
]
APART = [
    AUDIT + FIRST + "        await a.execute(text('x'))\n        await a.commit()\n        await audit()\n",
    AUDIT + FIRST + "        await a.execute(text('x'))\n    await audit()\n",
    FIRST + INNER.format(mark=""),
    FIRST + "        await a.execute(text('x'))\n        await a.commit()\n" + INNER.format(mark=""),
    FIRST + "        await a.execute(text('x'))\n" + INNER.format(mark="").replace("Session()", "other()"),
    "from sqlalchemy.ext.asyncio import async_sessionmaker\nReplica = async_sessionmaker()\n"
    + FIRST
    + "        await a.execute(text('x'))\n"
    + INNER.format(mark="").replace("Session()", "Replica()"),
    FIRST + "        await a.execute(text('x'))\n    async with Session() as b:\n        await b.execute(text('y'))\n",
    FIRST + "        await a.execute(text('x'))\n        async with Session() as b:\n            pass\n",
    FIRST
    + "        try:\n            await a.execute(text('x'))\n        except ValueError:\n            await a.rollback()\n"
    "            raise\n        async with a.begin():\n            pass\n",
]


@pytest.mark.parametrize("code", NESTED)
def test_two_connections_at_once_are_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "second-session-inside-first", tmp_path)


@pytest.mark.parametrize("code", APART)
def test_sessions_after_each_other_or_of_other_pools_are_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "second-session-inside-first", tmp_path)
