"""`engine-across-fork`: a pool with connections that a forked process goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "engine-across-fork"
HEAD = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool, Process
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
engine = create_engine("postgresql+psycopg://localhost/shop"{pool})
Session = sessionmaker(engine)
def work(n=0):
    with Session() as session:
        session.execute(text("select 1"))
def fresh(n=0):
    engine.dispose(close=False)
    work()
def pure(n=0):
    return n
def main(first):
    {before}
    {fork}
"""
TAKEN = "with engine.connect() as c: c.execute(text('select 1'))"
START = "Process(target=work).start()"


@pytest.mark.parametrize(
    ("before", "fork", "told"),
    [
        (TAKEN, START, True),
        (TAKEN, "multiprocessing.Process(target=work, args=(1,)).start()", True),
        (TAKEN, "with Pool(4) as pool: pool.map(work, range(3))", True),
        (TAKEN, "with ProcessPoolExecutor() as pool: pool.submit(work, 1)", True),
        (TAKEN, "Process(target=fresh).start()", False),
        (TAKEN, "Process(target=pure).start()", False),
        (TAKEN, "with Pool(4, initializer=fresh) as pool: pool.map(work, range(3))", False),
        (TAKEN + "\n    engine.dispose()", START, False),
        ("if first:\n        " + TAKEN, START, False),
        ("pass", START, False),
        (TAKEN, "list(map(work, range(3)))", False),
        ("multiprocessing.set_start_method('fork')\n    " + TAKEN, START, True),
        (f"fork = multiprocessing.get_context('fork')\n    {TAKEN}", "fork.Process(target=work).start()", True),
        ("multiprocessing.set_start_method('spawn')\n    " + TAKEN, START, False),
    ],
)
def test_only_a_pool_with_connections_is_found(before: str, fork: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" if told else ""
    check_source(HEAD.format(pool="", before=before, fork=fork + mark), RULE, tmp_path)


def test_an_engine_that_keeps_no_connection_has_none_to_share(tmp_path: Path) -> None:
    code = HEAD.format(pool=", poolclass=NullPool", before=TAKEN, fork=START)
    check_source("from sqlalchemy.pool import NullPool\n" + code, RULE, tmp_path)


LOOPS = """\
import asyncio
import os
from multiprocessing import Process
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
async def check():
    async with engine.connect() as c:
        await c.execute(text("select 1"))
async def check_alone():
    await check()
    await engine.dispose()
async def close_db():
    await engine.dispose()
async def check_and_close():
    await check()
    await close_db()
async def fresh():
    await engine.dispose(close=False)
    await check()
def work():
    asyncio.run({child}())
def main(pid):
    asyncio.run({parent}())
    {fork}
"""
FORKS = [
    "Process(target=work).start(){mark}",
    "if os.fork() == 0:{mark}\n        work()",
    "if not os.fork():{mark}\n        asyncio.run({child}())\n        os._exit(0)",
    "pid = os.fork(){mark}\n    if pid == 0:\n        work()\n    else:\n        os.wait()",
]


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize(
    ("parent", "child", "told"),
    [
        ("check", "check", True),
        ("check_alone", "check", False),
        ("check_and_close", "check", False),
        ("check", "fresh", False),
        ("print", "check", False),
    ],
)
def test_a_loop_that_has_ended_leaves_its_connections_to_the_child(
    fork: str, parent: str, child: str, told: bool, tmp_path: Path
) -> None:
    forked = fork.format(mark="  # expect medium" * told, child=child)
    check_source(LOOPS.format(parent=parent, child=child, fork=forked), RULE, tmp_path)


@pytest.mark.parametrize(
    "fork",
    ["if pid == 0:\n        work()", "pid = os.fork()\n    if pid > 0:\n        work()", "os.fork()\n    work()"],
)
def test_only_what_the_child_surely_runs_is_looked_at(fork: str, tmp_path: Path) -> None:
    check_source(LOOPS.format(parent="check", child="check", fork=fork), RULE, tmp_path)


def test_each_child_of_a_loop_runs_one_loop_of_events(tmp_path: Path) -> None:
    fork = "for _ in range(4):\n        if os.fork() == 0:\n            asyncio.run(check())\n            os._exit(0)"
    check_source(LOOPS.format(parent="check_alone", child="check", fork=fork), "engine-across-event-loops", tmp_path)
