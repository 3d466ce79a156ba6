"""A dependency called by hand is found where the call gives no session; where it is used as a generator it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import DEPENDENCIES

RULE = "dependency-called-directly"
FOUND = (
    "async def f():\n    db = get_db()  # expect high\n    await db.execute(select(1))\n",
    "async def f():\n    db = await get_db()  # expect high\n",
    "async def f():\n    async with get_db() as db:  # expect high\n        pass\n",
    "async def f():\n    db = await anext(get_db())  # expect medium\n    await db.commit()\n",
    "async def f(db: AsyncSession = get_db()):  # expect high\n    ...\n",
    """\
async def handler(x: int, db: AsyncSession = Depends(get_db)): ...
async def f(db: AsyncSession):
    await handler(1)  # expect high
    await handler(1, db)
    await handler(x=1, db=db)
""",
    "async def f():\n    with get_db() as db:  # expect high\n        await db.commit()\n",
    "async def f():\n    for db in get_db():  # expect high\n        await db.commit()\n",
    "async def f():\n    return [db for db in get_db()]  # expect high\n",
    "async def f():\n    db = next(get_db())  # expect high\n    await db.commit()\n",
    "async def f():\n    db = await get_db().__anext__()  # expect medium\n    await db.commit()\n",
    "async def f():\n    made = get_db()  # expect medium\n    db = await anext(made)\n    await db.commit()\n",
)
SILENT = (
    """\
async def f():
    made = get_db()
    db = await made.__anext__()
    try:
        await db.commit()
    finally:
        try:
            await made.__anext__()
        except StopAsyncIteration:
            pass
""",
    """\
async def test_it_commits(mocker):
    mocker.patch("app.db.Factory")
    made = get_db()
    db = await made.__anext__()
    await db.commit()
""",
    "async def f(keep):\n    made = get_db()\n    keep.append(made)\n    db = await anext(made)\n",
    "async def f():\n    return [db async for db in get_db()]\n",
    "async def f(db: AsyncSession = Depends(get_db)): ...\n",
    "async def f():\n    async for db in get_db():\n        await db.commit()\n",
    "async def f():\n    async with asynccontextmanager(get_db)() as db:\n        await db.commit()\n",
    """\
@asynccontextmanager
async def session_scope():
    async with Factory() as s:
        yield s
async def f():
    async with session_scope() as db:
        await db.commit()
async def g():
    made = get_db()
    db = await anext(made)
    try:
        await db.commit()
    finally:
        await made.aclose()
""",
    """\
async def outer():
    async for s in get_db():
        yield s
""",
    "app.dependency_overrides[get_db] = get_db\n",
    """\
class Repo:
    def get_db(self): ...
async def f(repo: Repo):
    db = repo.get_db()
    db.execute(select(1))
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_dependency_called_by_hand_is_found(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_dependency_used_as_what_it_is_is_silent(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)
