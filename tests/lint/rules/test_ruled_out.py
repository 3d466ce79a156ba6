"""Twins: what a rule tells, and the same code with the one thing that makes the finding wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

OPEN = "async def f(q, again=None):\n    async with Session() as s:\n        await s.execute(q)\n"
WAIT = "            await s.execute(q)\n            await asyncio.sleep(1)\n"
LOOP = "async def f(q):\n    async with Session() as s:{0}\n        while True:\n" + WAIT
SOCKET = "@router.websocket('/x')\nasync def f(ws: WebSocket, db: AsyncSession = Depends(get_db)):\n    {0}\n"
TASK = "async def work(db, other=None):\n    await db.commit()\n"
WORK = "async def work(db: AsyncSession):\n    {0}await db.commit()\nasync def f(db: AsyncSession):\n"
GATHER = "    await asyncio.gather(work(db), work(db)){0}\n"
READ = "async def f(db: AsyncSession):\n    result = await db.execute(select(User))\n"
RUN = "async def go(session): ...\nasync def f(db: AsyncSession):\n"
SECOND = "async def f():\n    async with Session() as a:\n        await a.execute(text('select 1'))\n        async with {0} as b:{1}\n"
SECOND += "            await b.execute(text('select 1'))\n"
TABLES = "metadata = {0}\nasync def f():\n    metadata.create_all(engine){1}\n"
URL = "made = sa.URL.create('postgresql+asyncpg', host='h', query={{'{0}': 'require'}})\nengine = create_async_engine(made){1}\n"
QUEUE = "async def place(db: AsyncSession, bill):\n    order = Order()\n    db.add(order)\n"
# The rule; the code that it tells, with the place; the twin.
TWINS = [
    ("session-used-after-block", OPEN + "    await s.execute(q)  # expect high\n",
     OPEN + "    await s.execute(q)\n    await s.close()\n"),
    ("session-used-after-block", OPEN + "    await s.execute(q)  # expect high\n",
     OPEN + "    async with s:\n        await s.execute(q)\n"),
    ("session-used-after-block", OPEN + "    await s.commit()  # expect high\n    await s.close()\n",
     OPEN + "    await s.close()\n"),
    ("session-held-by-endless-loop",
     "async def f(q):\n    async with Session() as s:  # expect high\n        while True:\n" + WAIT,
     "async def f(q):\n    async with asyncio.timeout(60), Session() as s:\n        while True:\n" + WAIT),
    ("session-kept-for-websocket",
     SOCKET.format("await db.scalar(text('select 1'))  # expect high") + "    while True:\n        await ws.receive_text()\n",
     SOCKET.format("async with db:\n        await db.scalar(text('select 1'))")
     + "    while True:\n        await ws.receive_text()\n"),
    ("session-leaves-its-loop", "async def f():\n    async for s in get_db():\n        return s  # expect high\n",
     ("async def pages():\n    async with Session() as s:\n        for page in range(9):\n            yield s\n"
     "async def f():\n    async for s in pages():\n        return s\n")),
    ("second-session-inside-first", SECOND.format("Session()", "  # expect high"), SECOND.format("Session(bind=other)", "")),
    ("query-in-loop", "async def f(db: AsyncSession, ids):\n    for one in ids:\n        await db.get(User, one)  # expect medium\n",
     "async def f(db: AsyncSession, ids):\n    for one in ids:\n        await db.get(User, one, with_for_update=True)\n"),
    ("sync-use-of-async-engine", TABLES.format("MetaData()", "  # expect high"),
     "class Catalog:\n    def create_all(self, engine): ...\n" + TABLES.format("Catalog()", "")),
    ("option-unknown-to-driver", "engine = create_async_engine('postgresql+asyncpg://h/d?sslmode=require')  # expect high\n",
     ("engine = create_async_engine('postgresql+asyncpg://h/d?sslmode=require')\n"
     "@event.listens_for(engine.sync_engine, 'do_connect')\ndef go(dialect, record, args, named): ...\n")),
    ("run-sync-misused", RUN + "    made = await db.run_sync(go)  # expect high\n    print(made)\n",
     RUN + "    made = await db.run_sync(go)\n    return await made\n"),
    ("run-sync-misused", RUN + "    await db.run_sync(lambda session: go(session))  # expect high\n",
     RUN + "    await db.run_sync(lambda session: len(session.new))\n"),
    ("run-sync-misused",
     "meta = User.metadata\nasync def f(db: AsyncSession):\n    await db.run_sync(meta.create_all())  # expect high\n",
     "async def f(db: AsyncSession, maker):\n    await db.run_sync(maker.create_all())\n"),
    ("shared-session-in-tasks", WORK.format("") + GATHER.format("  # expect high"),
     "turn = asyncio.Semaphore(1)\n" + WORK.format("async with turn:\n        ") + GATHER.format("")),
    ("shared-session-in-tasks", "turn = asyncio.Semaphore(2)\n" + WORK.format("async with turn:\n        ")
     + GATHER.format("  # expect high"), "turn = asyncio.Lock()\n" + WORK.format("async with turn:\n        ") + GATHER.format("")),
    ("shared-session-in-tasks", WORK.format("") + GATHER.format("  # expect high"),
     "async def idle(db):\n    return 1\n" + WORK.format("") + "    await asyncio.gather(work(db), idle(db))\n"),
    ("request-session-in-background",
     TASK + "async def f(done, db: AsyncSession):\n    asyncio.create_task(work(db, done))  # expect high\n",
     TASK + "async def f(done, db: AsyncSession):\n    asyncio.create_task(work(db, done))\n    await done.wait()\n"),
    ("request-session-in-background",
     TASK + "async def f(tasks, db: AsyncSession):\n    tasks.add_task(work, db)  # expect high\n",
     "class Queue:\n    def add_task(self, f, *a): ...\n" + TASK
     + "async def f(db: AsyncSession):\n    tasks = Queue()\n    tasks.add_task(work, db)\n"),
    ("result-used-as-condition", READ + "    return result.one() if result else None  # expect high\n",
     READ + "    rows = result.all()\n    return rows[0] if rows else None\n"),
    ("result-used-as-condition", READ + "    if result is None:  # expect medium\n        return 1\n    else:\n        return 2\n",
     READ + "    row = result.first()\n    if row is None:\n        return 1\n    else:\n        return 2\n"),
    ("result-used-as-condition", READ + "    return bool(result)  # expect high\n", READ + "    return bool(result.first())\n"),
    ("result-used-as-condition",
     "async def f(db: AsyncSession):\n    if not (found := await db.execute(select(User))):  # expect high\n        return found\n",
     "async def f(db: AsyncSession):\n    if not (found := (await db.execute(select(User))).all()):\n        return found\n"),
    ("result-read-twice",
     READ + "    names = sorted(one.name for one in result.scalars())\n    return names, result.all()  # expect high\n",
     READ + "    names = (one.name for one in result.scalars())\n    return names, result.all()\n"),
    ("result-read-twice", READ + "    print(*result)\n    return [*result]  # expect high\n",
     READ + "    rows = [*result]\n    print(*rows)\n    return [*rows]\n"),
    ("result-read-twice",
     ("async def f(db: AsyncSession):\n    if (found := await db.scalars(select(User))).first() is None:\n        return []\n"
     "    return found.all()  # expect high\n"),
     ("async def f(db: AsyncSession):\n    if (found := (await db.scalars(select(User))).all()) is None:\n        return []\n"
     "    return found\n")),
    ("request-session-in-background",
     TASK + "async def f(tasks: BackgroundTasks, db: AsyncSession):\n    tasks.add_task(partial(work, db))  # expect high\n",
     TASK + "async def f(tasks: BackgroundTasks, db: AsyncSession):\n    tasks.add_task(partial(work, other=db.info))\n"),
    ("option-unknown-to-driver", URL.format("sslmode", "  # expect high"), URL.format("ssl", "")),
    ("session-leaves-its-loop", "async def own():\n    async for s in get_db():\n        yield s  # expect medium\n",
     "async def own():\n    async with aclosing(get_db()) as sessions:\n        async for s in sessions:\n            yield s\n"),
    ("session-leaves-its-loop", "async def own():\n    async for s in get_db():\n        yield s  # expect medium\n",
     "async def own():\n    async for s in get_db():\n        yield await s.scalar(1)\n"),
    ("url-password-masked",
     ("class M:\n    def __init__(self): self.engine = create_async_engine(os.environ['U'])\n    def ini(self):\n"
     "        url = str(self.engine.url).replace('%', '%%')\n        return f'sqlalchemy.url = {url}'  # expect high\n"),
     ("class M:\n    def __init__(self): self.engine = create_async_engine(os.environ['U'])\n    def ini(self):\n"
     "        url = self.engine.url.render_as_string(hide_password=False)\n        return f'sqlalchemy.url = {url}'\n")),
    ("url-password-masked", "engine = create_async_engine(os.environ['U'])\nt = f'sqlalchemy.url = {engine.url}'  # expect high\n",
     "engine = create_async_engine(os.environ['U'])\nt = f'the sqlalchemy.url is {engine.url}'\n"),
    ("task-queued-before-commit", QUEUE + "    await db.flush()\n    bill.delay(order.id)  # expect medium\n",
     QUEUE + "    await db.commit()\n    bill.delay(order.id)\n"),
    ("task-queued-before-commit", QUEUE + "    await db.flush()\n    bill.delay(order.id)  # expect medium\n",
     QUEUE + "    await db.flush()\n    bill.apply_async((order.id,), countdown=5)\n"),
    ("task-queued-before-commit", QUEUE + "    await db.flush()\n    bill.delay(order.id)  # expect medium\n",
     QUEUE + "    await save(db)\n    bill.delay(order.id)\n"),
]  # fmt: skip
HEAD = """\
import asyncio
import os
import sqlalchemy as sa
from contextlib import aclosing
from functools import partial
from fastapi import BackgroundTasks, WebSocket
from sqlalchemy import MetaData, event
from sqlalchemy.ext.asyncio import create_async_engine
"""


@pytest.mark.parametrize(("rule", "told", "ruled_out"), TWINS)
def test_the_one_difference_decides(rule: str, told: str, ruled_out: str, tmp_path: Path) -> None:
    check_source(project(HEAD + told), rule, tmp_path / "told")
    check_source(project(HEAD + ruled_out), rule, tmp_path / "ruled_out")


@pytest.mark.parametrize(
    ("rule", "code", "setting"),
    [
        ("session-held-by-endless-loop", LOOP.format("  # expect high"), "isolation_level='AUTOCOMMIT'"),
        ("second-session-inside-first", SECOND.format("Session()", "  # expect high"), "poolclass=NullPool"),
    ],
)
def test_the_engine_in_another_file_decides(rule: str, code: str, setting: str, tmp_path: Path) -> None:
    files = project(HEAD + code)
    check_source(files, rule, tmp_path / "told")
    files["app/db.py"] = "from sqlalchemy.pool import NullPool\n" + files["app/db.py"].replace(
        '/shop")', f'/shop", {setting})'
    )
    files["app/code.py"] = files["app/code.py"].replace("  # expect high", "")
    check_source(files, rule, tmp_path / "ruled_out")


def test_a_session_whose_class_leaves_its_block_otherwise_lives_on(tmp_path: Path) -> None:
    kept = "class Kept(AsyncSession):\n    async def __aexit__(self, *_): ...\n"
    made = "from sqlalchemy.ext.asyncio import async_sessionmaker\nMaker = async_sessionmaker(engine, class_={0})\n"
    use = OPEN.replace("Session", "Maker") + "    await s.execute(q)"
    check_source(
        project(made.format("AsyncSession") + use + "  # expect high\n"), "session-used-after-block", tmp_path / "a"
    )
    check_source(project(kept + made.format("Kept") + use + "\n"), "session-used-after-block", tmp_path / "b")


def test_what_is_removed_by_another_name_may_be_the_registry(tmp_path: Path) -> None:
    made = "from sqlalchemy.ext.asyncio import async_scoped_session\nRegistry = async_scoped_session(Session, asyncio.current_task)\n"
    use = "async def f(q):\n    return await Registry.scalar(q)  # expect {0}\n"
    rule = "scoped-session-never-removed"
    check_source(project(HEAD + made + use.format("high")), rule, tmp_path / "alone")
    files = project(HEAD + made + use.format("medium"))
    files["app/end.py"] = "async def end(code):\n    own = code.Registry\n    await own.remove()\n"
    check_source(files, rule, tmp_path / "other")


def test_a_session_that_the_end_of_the_task_closes_is_told_with_low_confidence(tmp_path: Path) -> None:
    start = TASK + "async def f():\n    db = Session()\n    task = asyncio.create_task(work(db)){0}\n"
    closes = "    task.add_done_callback(lambda _: asyncio.ensure_future(db.close()))\n"
    check_source(project(HEAD + start.format("  # expect low") + closes), "request-session-in-background", tmp_path)
    check_source(project(HEAD + start.format("") + closes), "shared-session-in-tasks", tmp_path)
