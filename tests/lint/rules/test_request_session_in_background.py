"""A request's session handed to what outlives the request is found; a factory, or a task that is awaited, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_heads import TASKS
from tests.support.lint_models import project

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


KEPT = """\
import asyncio
from typing import Annotated
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
async def get_db(): ...
Db = Annotated[AsyncSession, Depends(get_db)]
running = set()
async def work(db: AsyncSession):
    await db.commit()
"""


@pytest.mark.parametrize(
    "body",
    [
        "task = asyncio.create_task(work(db))  # expect high\n    running.add(task)\n    task.add_done_callback(running.discard)",
        "running.add(asyncio.create_task(work(db)))  # expect high",
        "task = asyncio.create_task(work(db))  # expect high\n    request.app.state.tasks.append(task)",
        "task = asyncio.create_task(work(db))  # expect high\n    task.set_name('work')",
        "task = asyncio.create_task(work(db))\n    running.add(task)\n    await asyncio.gather(*running)",
        "mine = set()\n    task = asyncio.create_task(work(db))\n    mine.add(task)\n    await asyncio.wait(mine)",
        "task = asyncio.create_task(work(db))\n    running.add(task)\n    await task",
        "task = asyncio.create_task(work(db))\n    running.add(task)\n    return task",
        "task = asyncio.create_task(work(db))\n    request.app.state.group.watch(task)",
    ],
)
def test_keeping_the_task_keeps_no_session_open(body: str, tmp_path: Path) -> None:
    check_source(f"{KEPT}async def route(request, db: Db):\n    {body}\n", RULE, tmp_path)


def test_who_keeps_the_task_of_another_callers_session_may_wait_for_it(tmp_path: Path) -> None:
    code = """\
class Runner:
    async def start(self, db: AsyncSession):
        task = asyncio.create_task(work(db))  # expect medium
        self.tasks.add(task)
"""
    check_source(KEPT + code, RULE, tmp_path)


SYNC = "from sqlalchemy.orm import Session as Sync\n"
JOBS = (
    "def f(tasks: BackgroundTasks, db: Sync):\n    tasks.add_task(load, db)  # expect medium\n",
    "async def f(s, db: AsyncSession = Depends(get_db)):\n    s.add_job(load, 'date', args=[db, 1])  # expect high\n",
    "async def f(s, db: AsyncSession = Depends(get_db)):\n    s.add_job(load, kwargs={'s': db})  # expect high\n",
    "async def f(s, user, db: AsyncSession = Depends(get_db)):\n    s.add_job(load, args=[user])\n    await load(db)\n",
    "def f(tasks: BackgroundTasks, user, db: Sync):\n    tasks.add_task(load, user)\n",
)


@pytest.mark.parametrize("code", JOBS)
def test_a_sync_session_and_a_job_of_a_scheduler_count_too(code: str, tmp_path: Path) -> None:
    check_source(TASKS + SYNC + code, RULE, tmp_path)


TASK = """\
async def note(key, s: AsyncSession):
    {body}
class Notes:
    async def note(self, key, s):
        {body}
async def f(tasks: BackgroundTasks, notes: Notes, db: AsyncSession = Depends(get_db)):
    tasks.add_task(note, 1, db){mark}
    tasks.add_task(note, key=1, s=db){mark}
    tasks.add_task(notes.note, 1, db){method}
    asyncio.create_task(note(1, db)){mark}
"""


@pytest.mark.parametrize(
    ("body", "mark", "method"),
    [
        ("await s.execute(select(key))", "  # expect high", "  # expect high"),
        ("print(key)", "", ""),
        ("pass", "", "  # expect high"),
    ],
    ids=["used", "not used", "to be written"],
)
def test_a_task_that_never_reads_its_session_is_let_be(body: str, mark: str, method: str, tmp_path: Path) -> None:
    check_source(TASKS + TASK.format(body=body, mark=mark, method=method), RULE, tmp_path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("fastapi==0.115.6", {"begins a transaction on a closed session"}),
        ("fastapi>=0.118", {"stays out of the pool"}),
        ("fastapi<0.100", {"stays out of the pool"}),
        ("fastapi", {"begins a transaction on a closed session", "stays out of the pool"}),
    ],
)
def test_what_the_task_meets_by_version(asked: str, said: set[str], tmp_path: Path) -> None:
    """Both are told where the project lets in both."""
    (tmp_path / "requirements.txt").write_text(asked + "\n", encoding="utf-8")
    code = "async def f(tasks: BackgroundTasks, db: AsyncSession = Depends(get_db)):\n    tasks.add_task(load, db)  # expect\n"
    (found,) = check_source(TASKS + code, RULE, tmp_path)
    parts = {"begins a transaction on a closed session", "stays out of the pool"}
    assert {part for part in parts if part in found.message} == said


SPAWNER = (
    "running = set()\ndef start(coroutine):\n    task = asyncio.create_task(coroutine)\n    running.add(task)\n{last}"
)


@pytest.mark.parametrize(("last", "mark"), [("", "  # expect high"), ("    return task\n", "")])
def test_a_function_that_starts_what_it_is_given(last: str, mark: str, tmp_path: Path) -> None:
    route = f"async def route(db: Db):\n    start(work(db)){mark}\n"
    check_source(KEPT + SPAWNER.format(last=last) + route, RULE, tmp_path)


def test_a_task_of_what_the_function_makes_itself_is_not_what_it_is_given(tmp_path: Path) -> None:
    own = "def start(name):\n    coroutine = named(name)\n    asyncio.create_task(coroutine)\n"
    for starter, mark in ((own, ""), (SPAWNER.format(last=""), "  # expect high")):
        check_source(KEPT + starter + f"async def route(db: Db):\n    start(work(db)){mark}\n", RULE, tmp_path)


SAVING = """\
import asyncio
from sqlalchemy.ext.asyncio import AsyncSession
class State:
    def __init__(self, session: AsyncSession):
        self.session = session
    async def save(self):
        await self.session.commit()
    def watch(self, done):
        def stopped():
            asyncio.create_task(self.save())  # expect medium
        done(stopped)
async def store(session):
    await session.flush()
    await session.commit()
async def f(session):
    asyncio.create_task(store(session))  # expect
    await session.commit()
"""


def test_what_is_said_of_who_closes_it(tmp_path: Path) -> None:
    """An object's own session, and a parameter without a type, are closed by no block here."""
    by_object, by_caller = check_source(SAVING, "request-session-in-background", tmp_path)
    assert "it is that of the object, and who made that closes it" in by_object.message
    assert "the caller of f() closes it" in by_caller.message


@pytest.mark.parametrize(
    ("last", "mark"), [("await session.close()", "  # expect low"), ("await session.commit()", "  # expect high")]
)
def test_a_task_made_where_it_stands_may_close_the_session(last: str, mark: str, tmp_path: Path) -> None:
    code = f"""\
def abandon(session: AsyncSession):
    async def late():
        await session.rollback()
        {last}
    asyncio.create_task(late()){mark}
"""
    check_source(TASKS + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("opened", "mark"),
    [
        ("await asyncpg.connect('x')", "  # expect low"),
        ("make()", "  # expect low"),
        ("session", "  # expect medium"),
    ],
)
def test_an_object_that_opened_its_own_connection_knows_its_tasks(opened: str, mark: str, tmp_path: Path) -> None:
    code = f"""\
import asyncio, asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
make = async_sessionmaker()
class Watcher:
    def __init__(self):
        self.session: AsyncSession | None = None
        self.tasks = set()
    async def start(self, session: AsyncSession):
        self.session = {opened}
        self.tasks.add(asyncio.create_task(self.watch())){mark}
    async def stop(self):
        await asyncio.gather(*self.tasks)
        await self.session.close()
    async def watch(self):
        await self.session.execute("select 1")
"""
    check_source(code, "request-session-in-background", tmp_path)


STORE = """\
from app.db import AsyncSession, Session, get_db
from fastapi import Depends
class Store:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def save(self, number):
        await self.db.get(dict, number)
    async def tell(self, number):
        print(number)
def get_store(db: AsyncSession = Depends(get_db)) -> Store:
    return Store(db)
class Inner:
    def __init__(self, store: Store):
        self.store = store
    async def save(self, number):
        await self.store.save(number)
def get_inner(store: Store = Depends(get_store)) -> Inner:
    return Inner(store)
"""


@pytest.mark.parametrize(
    ("param", "before", "task", "told"),
    [
        ("store: Store = Depends(get_store)", "", "store.save", True),
        ("store: Annotated[Store, Depends(get_store)]", "", "store.save", True),
        ("inner: Inner = Depends(get_inner)", "", "inner.save", True),
        ("db: AsyncSession = Depends(get_db)", "store = Store(db)", "store.save", True),
        ("store: Store = Depends(get_store)", "", "store.tell", False),
        ("store: Store", "", "store.save", False),
        ("number: int", "store = Store(Session())", "store.save", False),
    ],
)
def test_a_method_of_an_object_with_the_session(param: str, before: str, task: str, told: bool, tmp_path: Path) -> None:
    code = (
        "from fastapi import BackgroundTasks\nfrom app.stores import Inner, Store, get_inner, get_store\n"
        f"@router.post('/')\nasync def f(tasks: BackgroundTasks, {param}):\n    {before or 'pass'}\n"
        f"    tasks.add_task({task}, 3){'  # expect' * told}\n"
    )
    check_source({**project(code), "app/stores.py": STORE}, RULE, tmp_path)
