"""`async-session-in-thread`: what a thread is given, and what its function does with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

HEAD = "import asyncio\nimport threading\ndef work(db, n=0):\n    db.execute(n)\n"
START = "async def f(db: AsyncSession, loop):\n"
THREADS = [
    (
        "from functools import partial\nasync def f(db: AsyncSession, loop):\n"
        "    await loop.run_in_executor(None, partial(work, db, 2))  # expect high\n"
    ),
    (
        "async def f(db: AsyncSession):\n    def own():\n        return asyncio.run(db.scalar(1))\n"
        "    await asyncio.to_thread(own)  # expect medium\n"
    ),
    "async def f(db: AsyncSession):\n    await asyncio.to_thread(lambda: work(db))  # expect medium\n",
    (
        "from concurrent.futures import ThreadPoolExecutor\nasync def f(db: AsyncSession):\n"
        "    with ThreadPoolExecutor() as pool:\n        pool.submit(work, db)  # expect high\n"
    ),
    START + "    await asyncio.to_thread(work, db)  # expect high\n",
    START + "    await loop.run_in_executor(None, work, db)  # expect high\n",
    START + "    threading.Thread(target=work, args=(db,)).start()  # expect high\n",
    START + "    await asyncio.to_thread(unseen, db)  # expect medium\n",
    "from fastapi.concurrency import run_in_threadpool\n"
    + START
    + "    await run_in_threadpool(work, db)  # expect high\n",
    START + "    await asyncio.to_thread(db.commit)  # expect medium\n",
    "async def f(session):\n    await session.flush()\n    await asyncio.to_thread(session.commit)  # expect medium\n",
]
FINE = [
    (
        "async def f(db: AsyncSession, loop):\n    def own():\n"
        "        return asyncio.run_coroutine_threadsafe(db.scalar(1), loop).result()\n"
        "    await asyncio.to_thread(own)\n"
    ),
    "async def f(db: AsyncSession):\n    rows = await db.scalars(1)\n    await asyncio.to_thread(lambda: list(rows))\n",
    "async def f(db: AsyncSession, form):\n    form.submit(work, db)\n",
    START + "    await asyncio.to_thread(work, db.info)\n",
    START + "    await db.run_sync(work)\n",
    START + "    asyncio.create_task(work(db))\n",
    "def back(db, loop):\n    asyncio.run_coroutine_threadsafe(db.commit(), loop)\n"
    + START
    + "    await asyncio.to_thread(back, db, loop)\n",
    "def nothing(db):\n    return 1\n" + START + "    await asyncio.to_thread(nothing, db)\n",
    "from sqlalchemy.orm import Session as Sync\nasync def f(db: Sync):\n    await asyncio.to_thread(work, db)\n",
    # Of either kind: nothing declares it, and the same is awaited beside.
    (
        "async def f(session, is_async):\n    if is_async:\n        await session.commit()\n    else:\n"
        "        await asyncio.to_thread(session.commit)\n"
    ),
]


@pytest.mark.parametrize("code", THREADS)
def test_a_session_in_a_thread_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), "async-session-in-thread", tmp_path)


@pytest.mark.parametrize("code", FINE)
def test_what_stays_in_the_loop_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), "async-session-in-thread", tmp_path)


# How the session reaches the function of a thread; the mark stands in the line that is told.
WAYS = {
    "to_thread": "    await asyncio.to_thread(own, db)  # mark\n",
    "by name": "    await asyncio.to_thread(own, db=db)  # mark\n",
    "executor": "    await loop.run_in_executor(None, own, db)  # mark\n",
    "thread": "    threading.Thread(target=own, args=(db,)).start()  # mark\n",
    "thread by name": "    threading.Thread(target=own, kwargs={'db': db}).start()  # mark\n",
    "another function": "    await asyncio.to_thread(through, db)  # mark\n",
    "an object": "    await asyncio.to_thread(Holder(db).own)  # mark\n",
}
HARMFUL = (
    "asyncio.run(db.execute(1))",
    "asyncio.new_event_loop().run_until_complete(db.commit())",
    "db.execute(1).all()",
    "asyncio.run(write(db))",
    "in_own_loop(db.execute(1))",
)
HARMLESS = (
    "db.add(1)",
    "print(db.info)",
    "asyncio.run_coroutine_threadsafe(db.commit(), LOOP).result()",
    "from_thread.run(db.commit)",
    "in_first_loop(db.commit())",
    "in_first_loop(write(db))",
)
OTHERS = """\
from anyio import from_thread
def in_own_loop(coroutine):
    return asyncio.run(coroutine)
def in_first_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, LOOP).result()
async def write(db):
    await db.execute(1)
def own(db):
    {does}
def through(db):
    own(db)
class Holder:
    def __init__(self, db: AsyncSession):
        self.db = db
    def own(self):
        {does_it}
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("does", HARMFUL)
def test_whichever_way_it_waits_there_is_found(way: str, does: str, tmp_path: Path) -> None:
    check_source(
        project(HEAD + threaded(way, does).replace("# mark", "# expect high")), "async-session-in-thread", tmp_path
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("does", HARMLESS)
def test_whichever_way_it_sends_nothing_there_is_not(way: str, does: str, tmp_path: Path) -> None:
    check_source(project(HEAD + threaded(way, does)), "async-session-in-thread", tmp_path)


def threaded(way: str, does: str) -> str:
    """A session that reaches a thread in a way, whose function does that with it."""
    made = WAYS[way].replace("Holder(db).own", "holder.own")
    begin = START + "    holder = Holder(db)\n" if made != WAYS[way] else START
    own = does.replace("db.", "self.db.").replace("(db)", "(self.db)")
    return OTHERS.format(does=does, does_it=own) + begin + made
