"""A request's session handed to what outlives the request is found; a factory, or a task that is awaited, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import TASKS

RULE = "request-session-in-background"
FOUND = (
    """\
async def f(tasks: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    tasks.add_task(load, db)  # expect high
""",
    "async def f(tasks: BackgroundTasks, db: AsyncSession):\n    tasks.add_task(load, s=db)  # expect high\n",
    "async def f(db: AsyncSession = Depends(get_db)):\n    asyncio.create_task(load(db))  # expect high\n",
    """\
async def f():
    async with Factory() as db:
        task = asyncio.create_task(load(db))  # expect high
""",
    "async def f(db: AsyncSession = Depends(get_db)):\n    asyncio.ensure_future(load(db))  # expect high\n",
    """\
async def f(tasks: BackgroundTasks, db: AsyncSession = Depends(get_db)):
    async def later():
        await db.execute(select(1))
    tasks.add_task(later)  # expect high
    asyncio.create_task(later())  # expect high
""",
    """\
async def rest(items, session: AsyncSession):
    try:
        async for one in items:
            await session.execute(select(one))
    finally:
        await session.close()
async def f(items, db: AsyncSession = Depends(get_db)):
    asyncio.create_task(rest(items, db))  # expect low
    asyncio.create_task(rest(items, session=db))  # expect low
""",
)
SILENT = (
    """\
async def f(tasks: BackgroundTasks, db: AsyncSession):
    async def later(db):
        async with Factory() as own:
            await own.execute(select(1))
    tasks.add_task(later)
    await later(db)
""",
    """\
async def f(tasks: BackgroundTasks, factory: async_sessionmaker, db: AsyncSession):
    tasks.add_task(load, factory)
    tasks.add_task(alone, 1)
    task = asyncio.create_task(load(db))
    await task
""",
    """\
async def f(db: AsyncSession):
    async with asyncio.TaskGroup() as group:
        group.create_task(load(db))
    tasks = [asyncio.create_task(load(db))]
    await asyncio.gather(*tasks)
    await asyncio.create_task(load(db))
""",
    """\
class Queue:
    def add_task(self, *args): ...
async def f(queue: Queue, db: AsyncSession):
    queue.add_task(load, db)
""",
    "def create_task(todo): ...\nasync def f(db: AsyncSession):\n    create_task(load)\n",
    "async def f(tasks: BackgroundTasks, db: AsyncSession):\n    tasks.add_task(alone, db.info['n'])\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_session_handed_to_what_outlives_it_is_found(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_what_is_awaited_or_no_session_is_silent(code: str, tmp_path: Path) -> None:
    check_source(TASKS + code, RULE, tmp_path)
