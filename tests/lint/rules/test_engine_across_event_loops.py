"""`engine-across-event-loops`: what is run in a loop of its own again and again, and which engine it uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source

HEAD = (
    "import asyncio\nfrom celery import Celery\nfrom sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
    "from sqlalchemy.pool import NullPool\nengine = create_async_engine('postgresql+asyncpg://localhost/shop'{pool})\n"
    "Session = async_sessionmaker(engine)\nqueue = Celery('x')\n"
    "async def work(q=0):\n    async with Session() as s:\n        await s.execute(q)\n"
)
TASK = "@queue.task\ndef job():\n"
POOLED = HEAD.format(pool="")
AGAIN = [
    "async def close_file():\n    await asyncio.sleep(1)\nasync def end():\n    await work()\n    await close_file()\n"
    + TASK
    + "    asyncio.run(end())  # expect high\n",
    (
        "def job():\n    asyncio.run(work())  # expect high\nfrom rq import Queue\ndef later():\n"
        "    Queue().enqueue(job)\n"
    ),
    TASK + "    asyncio.run(work())  # expect high\n",
    TASK + "    return asyncio.run(work(1))  # expect high\n",
    "async def outer():\n    await work()\n" + TASK + "    asyncio.run(outer())  # expect high\n",
    "def inner():\n    asyncio.run(work())  # expect high\n" + TASK + "    inner()\n",
    TASK + "    loop = asyncio.new_event_loop()\n    loop.run_until_complete(work())  # expect high\n",
    (
        "def poll():\n    while True:\n        loop = asyncio.new_event_loop()\n"
        "        loop.run_until_complete(work())  # expect high\n"
    ),
    "def run(c):\n    return asyncio.run(c)\n" + TASK + "    run(work())  # expect high\n",
    "def poll():\n    while True:\n        asyncio.run(work())  # expect high\n",
    "async def direct():\n    async with engine.begin() as c:\n        await c.execute(1)\n"
    + TASK
    + "    asyncio.run(direct())  # expect high\n",
]
KEPT = """\
loop = None
def run(c):
    global loop
    if loop is None or loop.is_closed():
        loop = asyncio.new_event_loop()
    return loop.run_until_complete(c)
"""
OBJECT = """\
class Runner:
    loop = None
    def run(self, c):
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
        return self.loop.run_until_complete(c)
runner = Runner()
"""
AGAIN += [
    KEPT.replace("    if loop is None or loop.is_closed():\n    ", "") + TASK + "    run(work())  # expect high\n",
    "def run(c, loop=None):\n    if loop is None:\n        loop = asyncio.new_event_loop()\n    return loop.run_until_complete(c)\n"
    + TASK
    + "    run(work())  # expect high\n",
]
ONCE = [
    KEPT + TASK + "    run(work())\n",
    OBJECT + TASK + "    runner.run(work())\n",
    "async def shut_down():\n    await engine.dispose()\nasync def end():\n    await work()\n    await shut_down()\n"
    + TASK
    + "    asyncio.run(end())\n",
    "def main():\n    asyncio.run(work())\nif __name__ == '__main__':\n    main()\n",
    "import click\n@click.command()\ndef main():\n    asyncio.run(work())\n",
    TASK + "    loop.run_until_complete(work())\n",
    "def poll():\n    loop = asyncio.new_event_loop()\n    while True:\n        loop.run_until_complete(work())\n",
    "async def pure():\n    await asyncio.sleep(1)\n" + TASK + "    asyncio.run(pure())\n",
    "async def end():\n    try:\n        await work()\n    finally:\n        await engine.dispose()\n"
    + TASK
    + "    asyncio.run(end())\n",
    "async def own():\n    e = create_async_engine('x')\n    async with e.begin() as c:\n        await c.execute(1)\n"
    + TASK
    + "    asyncio.run(own())\n",
]


LOOP = "def main():\n    loop = asyncio.new_event_loop()\n    loop.run_until_complete(work()){mark}\n"
NEXT = [
    LOOP.format(mark="") + "    loop.run_until_complete(work(1))\n",
    LOOP.format(mark="  # expect medium")
    + "    loop = asyncio.new_event_loop()\n    loop.run_until_complete(work(1))\n",
    "def main():\n    asyncio.run(work())  # expect medium\n    uvicorn.run('app:app')\n",
    "def main():\n    asyncio.run(work())  # expect medium\n    asyncio.run(work())\n",
    "@click.command()\ndef main():\n    asyncio.run(work(1))  # expect medium\n    print()\n    uvicorn.run(app, port=80)\n",
    "def main():\n    asyncio.run(work())\n    uvicorn.run('app:app', reload=True)\n",
    "def main():\n    asyncio.run(work())\n    uvicorn.run('app:app', workers=4)\n",
    "def main(first):\n    if first:\n        asyncio.run(work())\n    else:\n        uvicorn.run('app:app')\n",
    "async def pure(): ...\ndef main():\n    asyncio.run(work())\n    asyncio.run(pure())\n",
    "def main():\n    asyncio.run(work())\n    asyncio.run(engine.dispose())\n",
    "def main():\n    asyncio.run(work())\n    asyncio.run(engine.dispose())\n    uvicorn.run('app:app')\n",
]


@pytest.mark.parametrize("code", NEXT)
def test_a_server_behind_makes_the_next_loop(code: str, tmp_path: Path) -> None:
    check_source(POOLED + "import click\nimport uvicorn\n" + code, "engine-across-event-loops", tmp_path)


@pytest.mark.parametrize("code", AGAIN)
def test_a_pool_that_outlives_its_loop_is_found(code: str, tmp_path: Path) -> None:
    check_source(POOLED + code, "engine-across-event-loops", tmp_path)


@pytest.mark.parametrize("code", ONCE)
def test_one_loop_or_an_engine_of_its_own_is_not(code: str, tmp_path: Path) -> None:
    check_source(POOLED + code, "engine-across-event-loops", tmp_path)


@pytest.mark.parametrize("code", [one.replace("  # expect high", "") for one in AGAIN])
def test_an_engine_that_keeps_nothing_may_go_from_loop_to_loop(code: str, tmp_path: Path) -> None:
    check_source(HEAD.format(pool=", poolclass=NullPool") + code, "engine-across-event-loops", tmp_path)


def test_the_task_may_stand_in_another_file(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "work.py": POOLED + "def nightly():\n    asyncio.run(work())\n",
        "tasks.py": "from work import nightly, queue\n@queue.task\ndef job():\n    nightly()\n",
    }
    (found,) = lint_source(files, "engine-across-event-loops", tmp_path)
    assert found.location.target == "work.py"
    assert "job()" in found.message


KEEPERS = (
    "import functools\n@functools.lru_cache(maxsize=1)\ndef get():\n    return create_async_engine('postgresql+asyncpg://h/d')\n",
    (
        "kept = None\ndef get():\n    global kept\n    if kept is None:\n"
        "        kept = create_async_engine('postgresql+asyncpg://h/d')\n    return kept\n"
    ),
)
LOCAL = "def get():\n    return create_async_engine('postgresql+asyncpg://h/d')\n"


@pytest.mark.parametrize("keeper", [*KEEPERS, LOCAL])
def test_an_engine_kept_by_a_function_outlives_its_loop_too(keeper: str, tmp_path: Path) -> None:
    code = (
        "import asyncio\nfrom celery import shared_task\n"
        "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
        f"{keeper}async def work():\n    async with AsyncSession(get()) as s:\n        await s.execute(1)\n"
        f"@shared_task\ndef job():\n    asyncio.run(work())  {'' if keeper is LOCAL else '# expect high'}\n"
    )
    check_source(code, "engine-across-event-loops", tmp_path)


def test_a_file_of_tasks_says_no_word_of_a_database(tmp_path: Path) -> None:
    files = {
        "jobs/__init__.py": "",
        "jobs/store.py": POOLED + "class Push:\n    async def run(self):\n        await work()\n",
        "jobs/tasks.py": (
            "import asyncio\nfrom celery import shared_task\nfrom jobs.store import Push\n"
            "@shared_task\ndef push():\n    asyncio.run(Push().run())  # expect high\n"
        ),
    }
    check_source(files, "engine-across-event-loops", tmp_path)


ONE_AFTER_THE_OTHER = [
    (
        "async def more():\n    async with Session() as s:\n        await s.execute(1)\n"
        "asyncio.run(work())  # expect medium\nasyncio.run(more())\n"
    ),
    "from asyncer import runnify\n" + TASK + "    return runnify(work)(1)  # expect high\n",
    "from asgiref.sync import async_to_sync\n" + TASK + "    async_to_sync(work)(1)  # expect high\n",
    (
        "import threading\ndef own():\n    asyncio.run(work())  # expect high\n"
        "def all(n):\n    for _ in range(n):\n        threading.Thread(target=own).start()\n"
    ),
    "def own():\n    asyncio.run(work())  # expect high\nasync def route():\n    await asyncio.to_thread(own)\n",
    "import threading\ndef own():\n    asyncio.run(work())\nthreading.Thread(target=own).start()\n",
    "asyncio.run(work())\n",
    (
        "async def end():\n    await engine.dispose()\nasync def first():\n    await work()\n    await engine.dispose()\n"
        "asyncio.run(first())\nasyncio.run(work())\n"
    ),
]


@pytest.mark.parametrize("code", ONE_AFTER_THE_OTHER)
def test_scripts_threads_and_wrappers_make_loops_too(code: str, tmp_path: Path) -> None:
    check_source(POOLED + code, "engine-across-event-loops", tmp_path)


@pytest.mark.parametrize(
    ("route", "told"), [("@router.get('/x')\n", "  # expect high"), ("@router.get('/x')\nasync ", ""), ("", "")]
)
def test_an_endpoint_that_makes_a_loop_for_each_request(route: str, told: str, tmp_path: Path) -> None:
    code = POOLED + "from fastapi import APIRouter\nrouter = APIRouter()\n" + route
    check_source(code + f"def x():\n    return asyncio.run(work()){told}\n", "engine-across-event-loops", tmp_path)


@pytest.mark.parametrize(
    ("opened", "mark"),
    [
        ("async with AsyncSession(engine)", "  # expect high"),
        ("async with Unit(engine)", "  # expect high"),
        ("with Session(engine)", ""),
    ],
)
def test_a_synchronous_session_takes_no_connection_of_an_asyncio_engine(opened: str, mark: str, tmp_path: Path) -> None:
    code = (
        POOLED
        + "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import Session\nclass Unit: ...\n"
        f"async def use():\n    {opened} as session:\n        session.add(1)\n{TASK}    asyncio.run(use()){mark}\n"
    )
    check_source(code, "engine-across-event-loops", tmp_path)


FLASK = """\
from flask import Blueprint, Flask
from quart import Quart
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
engine = create_async_engine("postgresql+asyncpg://localhost/shop"{options})
app = {app}(__name__)
async def count():
    async with engine.connect() as connection:
        return await connection.scalar(text("select 1"))
@app.{route}("/")
{kind}def view():{mark}
    return {what}
"""
VIEW = {"options": "", "app": "Flask", "route": "route", "kind": "async ", "what": "await count()"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (VIEW, True),
        (VIEW | {"app": "Blueprint", "route": "get"}, True),
        (VIEW | {"app": "Quart"}, False),
        (VIEW | {"route": "errorhandler"}, False),
        (VIEW | {"options": ", poolclass=NullPool"}, False),
        (VIEW | {"kind": "", "what": "count"}, False),
        (VIEW | {"what": "await render()"}, False),
    ],
)
def test_flask_runs_each_call_of_a_view_in_a_loop_of_its_own(parts: dict[str, str], told: bool, tmp_path: Path) -> None:
    code = FLASK.format(**parts, mark="  # expect high" * told)
    check_source(code, "engine-across-event-loops", tmp_path)


DATABASE = """\
from contextlib import asynccontextmanager
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool
class Database:
    def __init__(self, url):
        self._engine = create_async_engine(url{pool})
        self._factory = async_sessionmaker(self._engine)
    @asynccontextmanager
    async def session(self):
        session = self._factory()
        try:
            yield session
        finally:
            await session.close()
{made}
"""
TASKS = """\
import asyncio
from celery import Celery, Task
{imports}
queue = Celery("shop")
class Close({base}):
    def run(self, day):
        asyncio.run(self.close(day)){mark}
    async def close(self, day):
        async with {database}.session() as session:
            await session.execute(day)
"""
KEPT_DATABASE = {"pool": "", "made": "database = Database('postgresql+asyncpg://h/d')"}
OF_MODULE = {"imports": "from store import database", "base": "Task", "database": "database"}


@pytest.mark.parametrize(
    ("store", "tasks", "told"),
    [
        (KEPT_DATABASE, OF_MODULE, True),
        (KEPT_DATABASE | {"pool": ", poolclass=NullPool"}, OF_MODULE, False),
        (KEPT_DATABASE, OF_MODULE | {"base": "Work", "imports": "from store import database\nclass Work: ..."}, False),
        (
            KEPT_DATABASE | {"made": ""},
            OF_MODULE | {"imports": "from store import Database", "database": "Database(1)"},
            False,
        ),
        (
            KEPT_DATABASE
            | {"made": "def again(db, url):\n    db._factory = async_sessionmaker(url)\n" + KEPT_DATABASE["made"]},
            OF_MODULE,
            True,
        ),
    ],
)
def test_an_engine_kept_by_the_one_object_of_a_module(
    store: dict[str, str], tasks: dict[str, str], told: bool, tmp_path: Path
) -> None:
    files = {
        "pyproject.toml": "",
        "store.py": DATABASE.format(**store),
        "tasks.py": TASKS.format(**tasks, mark="  # expect high" * told),
    }
    check_source(files, "engine-across-event-loops", tmp_path)


DECORATOR = """\
import functools
def synchronous(function):
    @functools.wraps(function)
    def inner(*args):
        {runs}
    return inner
{queue}
{at}{mark}
async def job():
    {body}
"""
RUN_EACH = "return asyncio.run(function(*args))"
DISPOSES = "async def whole():\n            await function(*args)\n            await engine.dispose()\n        asyncio.run(whole())"


@pytest.mark.parametrize(
    ("runs", "queue", "at", "body", "told"),
    [
        (RUN_EACH, "@queue.task", "@synchronous", "await work()", True),
        (RUN_EACH, "", "@synchronous", "await work()", False),
        (RUN_EACH, "@queue.task", "@synchronous", "await asyncio.sleep(1)", False),
        (RUN_EACH, "@queue.task", "@synchronous", "await work()\n    await engine.dispose()", False),
        (DISPOSES, "@queue.task", "@synchronous", "await work()", False),
        ("return loop.run_until_complete(function(*args))", "@queue.task", "@synchronous", "await work()", False),
    ],
)
def test_a_decorator_that_runs_each_call_in_a_loop_of_its_own(
    runs: str, queue: str, at: str, body: str, told: bool, tmp_path: Path
) -> None:
    code = DECORATOR.format(runs=runs, queue=queue, at=at, body=body, mark="  # expect high" * told)
    check_source(POOLED + code, "engine-across-event-loops", tmp_path)


LAMBDA = """\
import asyncio
from apscheduler.schedulers.background import BackgroundScheduler

async def clean():
    await work()
{last}
scheduler = BackgroundScheduler()

def start():
    {job}
"""


@pytest.mark.parametrize(
    ("job", "last"),
    [
        ("scheduler.add_job(lambda: asyncio.run(clean()), 'interval', minutes=5)  # expect high", ""),
        ("scheduler.add_job(func=lambda: asyncio.run(clean()), trigger='cron', hour=2)  # expect high", ""),
        ("schedule.every(5).minutes.do(lambda: asyncio.run(clean()))  # expect high", ""),
        ("scheduler.add_job(lambda: asyncio.run(clean()), 'interval', minutes=5)", "    await engine.dispose()\n"),
        ("scheduler.add_job(lambda: asyncio.run(clean()), 'date')", ""),
        ("register(lambda: asyncio.run(clean()))", ""),
        ("scheduler.add_job(lambda: print(clean), 'interval', minutes=5)", ""),
    ],
)
def test_a_lambda_that_a_scheduler_runs(job: str, last: str, tmp_path: Path) -> None:
    check_source(POOLED + LAMBDA.format(job=job, last=last), "engine-across-event-loops", tmp_path)


LENT = """\
async def get_session():
    async with Session() as s:
        {before}yield s
async def audit(q=0):
    {block}
        {body}
@queue.task
def job():
    asyncio.run(audit()){mark}
"""
LOOP = "async for s in get_session():"


@pytest.mark.parametrize(
    ("before", "block", "body", "told"),
    [
        ("", LOOP, "await s.commit()\n        break", False),
        ("", LOOP, "assert isinstance(s, object)\n        await s.rollback()", False),
        ("", "async with Session() as s:", "await s.commit()", False),
        ("", LOOP, "await s.execute(q)", True),
        ("", LOOP, "s.add(q)\n        await s.commit()", True),
        ("", LOOP, "await work(s)", True),
        ("await s.execute(1)\n        ", LOOP, "await s.commit()", True),
        ("", "async with Session() as s:", "await s.execute(q)\n        await s.commit()", True),
    ],
)
def test_a_session_that_sends_nothing_takes_no_connection(
    before: str, block: str, body: str, told: bool, tmp_path: Path
) -> None:
    code = LENT.format(before=before, block=block, body=body, mark="  # expect high" * told)
    check_source(POOLED + code, "engine-across-event-loops", tmp_path)
