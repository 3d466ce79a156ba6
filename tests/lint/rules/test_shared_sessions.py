"""Sessions used by several tasks, kept for everybody, or handed to what outlives the request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

SA = """\
import asyncio
from fastapi import BackgroundTasks, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
engine = create_async_engine("x")
Factory = async_sessionmaker(engine)
async def get_db():
    async with Factory() as s:
        yield s
async def load(s: AsyncSession, x=0): ...
async def alone(x=0): ...
"""

CASES = {
    "shared-session-in-tasks": (
        "async def f(s: AsyncSession):\n    await asyncio.gather(load(s), load(s))  # expect high\n",
        "async def f(s: AsyncSession):\n    await asyncio.gather(*[load(s, x) for x in (1, 2)])  # expect high\n",
        """\
async def f(s: AsyncSession):
    tasks = [load(s, x) for x in (1, 2)]
    await asyncio.gather(*tasks)  # expect high
""",
        """\
async def f(s: AsyncSession):
    tasks = []
    for x in (1, 2):
        tasks.append(asyncio.create_task(load(s, x)))  # expect high
    await asyncio.gather(*tasks)  # expect high
""",
        """\
async def f(s: AsyncSession):
    async with asyncio.TaskGroup() as group:
        for x in (1, 2):
            group.create_task(load(s, x))  # expect high
""",
        """\
class Repo:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def a(self):
        return await self.session.scalar(select(1))
async def f(repo: Repo):
    await asyncio.gather(repo.a(), repo.a())  # expect medium
""",
        "async def f(s: AsyncSession):\n    await asyncio.gather(load(s), alone())\n",
        "async def f(s: AsyncSession):\n    for x in (1, 2):\n        await load(s, x)\n",
        """\
async def one(x):
    async with Factory() as s:
        await load(s, x)
async def f():
    await asyncio.gather(*[one(x) for x in (1, 2)])
async def g(sessions: list[AsyncSession]):
    await asyncio.gather(*[load(s) for s in sessions])
async def h(factory: async_sessionmaker):
    await asyncio.gather(alone(factory), alone(factory))
async def i(s: AsyncSession):
    for x in (1, 2):
        task = asyncio.create_task(load(s, x))
        await task
""",
        """\
lock = asyncio.Lock()
async def careful(s: AsyncSession):
    async with lock:
        await s.execute(select(1))
async def f(s: AsyncSession):
    await asyncio.gather(careful(s), careful(s))
""",
    ),
    "request-session-in-background": (
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
    ),
    "global-session": (
        "session = Factory()  # expect high\n",
        "class Repo:\n    session = AsyncSession(engine)  # expect high\n",
        "async def f(db=Factory()):  # expect high\n    ...\n",
        "from functools import lru_cache\n@lru_cache\ndef f():\n    return Factory()  # expect high\n",
        "db = None\ndef f():\n    global db\n    db = Factory()  # expect high\n",
        "async def f(app):\n    app.state.session = Factory()  # expect high\n",
        "session_factory = async_sessionmaker(engine)\nscoped = async_scoped_session(Factory, asyncio.current_task)\n",
        "async def f():\n    async with Factory() as session:\n        return session.add(1)\n",
        "if __name__ == '__main__':\n    session = Factory()\n",
        "make = lambda: Factory()\nasync def f(app):\n    app.state.factory = Factory\n",
        "async def f(request):\n    request.state.session = Factory()\n",
    ),
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in CASES.items() for code in codes], ids=lambda value: value[:40]
)
def test_only_the_marked_lines_are_found(rule: str, code: str, tmp_path: Path) -> None:
    check_source(SA + code, rule, tmp_path)
