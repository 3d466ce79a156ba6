"""`async-function-given-to-sync-caller`: threads, timers, schedulers, Celery and events call, and await nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "async-function-given-to-sync-caller"
START = """\
import asyncio, atexit, signal, threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
import schedule
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from celery import Celery, shared_task
from sqlalchemy import event
executor = ThreadPoolExecutor()
plain = BackgroundScheduler()
own = AsyncIOScheduler()
queue = Celery("work")

async def sweep(key=0):
    async with Session() as db:
        await db.execute(delete(User))

async def idle():
    await asyncio.sleep(1)

def run():
    asyncio.run(sweep())

"""
BAD = [
    "def f():\n    with ThreadPoolExecutor() as pool:\n        pool.submit(sweep)  # expect high\n",
    "@plain.scheduled_job('cron', hour=1)\nasync def own_sweep():  # expect high\n    await sweep()\n",
    "threading.Thread(target=sweep).start()  # expect high\n",
    "threading.Thread(target=partial(sweep, 3)).start()  # expect high\n",
    "threading.Timer(3, lambda: sweep(3)).start()  # expect high\n",
    "atexit.register(engine.dispose)  # expect high\n",
    "signal.signal(signal.SIGTERM, sweep)  # expect high\n",
    "schedule.every(3).hours.do(sweep, 3)  # expect high\n",
    "plain.add_job(sweep, 'cron', hour=3)  # expect high\n",
    "executor.submit(sweep)  # expect high\n",
    (
        "class Jobs:\n    def __init__(self):\n        self.jobs = BackgroundScheduler()\n"
        "    async def nightly(self):\n        await sweep()\n"
        "    def start(self):\n        self.jobs.add_job(self.nightly, 'cron')  # expect high\n"
    ),
    "async def f(loop):\n    await loop.run_in_executor(None, sweep)  # expect high\n",
    "async def f(loop):\n    loop.call_later(3, sweep)  # expect high\n",
    "async def f():\n    asyncio.get_running_loop().call_later(3, sweep)  # expect high\n",
    "async def f():\n    await asyncio.to_thread(sweep)  # expect high\n",
    "@queue.task\nasync def nightly():  # expect high\n    await sweep()\n",
    (
        "def counted(f):\n    def run(*args):\n        return f(*args)\n    return run\n"
        "@queue.task\n@counted\nasync def nightly():  # expect medium\n    await sweep()\n"
    ),
    "@shared_task(bind=True)\nasync def nightly(self):  # expect high\n    await sweep()\n",
    "@event.listens_for(engine.sync_engine, 'connect')\nasync def told(a, b):  # expect high\n    await a.x()\n",
    "event.listen(engine.sync_engine, 'connect', sweep)  # expect high\n",
]
GOOD = [
    "def f(pool):\n    pool.submit(sweep)\n",
    "def f():\n    with Pool() as pool:\n        pool.submit(sweep)\n",
    "@own.scheduled_job('cron', hour=1)\nasync def own_sweep():\n    await sweep()\n",
    "threading.Thread(target=run).start()\n",
    "threading.Thread(target=asyncio.run, args=(sweep(),)).start()\n",
    "threading.Thread(target=lambda: asyncio.run(sweep())).start()\n",
    "threading.Thread(target=idle).start()\n",
    "atexit.register(run)\natexit.register(engine.sync_engine.dispose)\n",
    "own.add_job(sweep, 'cron', hour=3)\n",
    "plain.add_job(run, 'cron', hour=3)\n",
    "def f(plain):\n    plain.add_job(sweep)\n",
    "executor.submit(asyncio.run, sweep())\n",
    "executor = AsyncExecutor(3)\nexecutor.submit(sweep)\n",
    "from tornado.ioloop import IOLoop\nIOLoop.current().call_later(3, sweep)\n",
    "async def f(loop):\n    await (await loop.run_in_executor(None, sweep))\n",
    "async def f():\n    made = await asyncio.to_thread(sweep)\n    await made\n",
    "async def f(loop):\n    loop.call_later(3, lambda: asyncio.create_task(sweep()))\n",
    "async def f(app):\n    app.call_later(3, sweep)\n    app.call_soon(sweep)\n",
    (
        "class Loop:\n    def call_later(self, delay, work):\n        asyncio.ensure_future(work())\n"
        "own_loop = Loop()\nown_loop.call_later(3, sweep)\n"
    ),
    "async def f(box):\n    box.do(sweep)\n    box.submit(sweep)\n    box.register(sweep)\n",
    "@queue.task\ndef nightly():\n    run()\n",
    "@queue.task(base=Own)\nasync def nightly():\n    await sweep()\n",
    "def wraps(f):\n    return run\n@wraps\nasync def night():\n    await sweep()\nthreading.Thread(target=night).start()\n",
    (
        "def run_here(f):\n    def run(*args):\n        return asyncio.get_event_loop().run_until_complete(f(*args))\n"
        "    return run\n@queue.task\n@run_here\nasync def nightly():\n    await sweep()\n"
    ),
    "import celery_aio_pool\n@queue.task\nasync def nightly():\n    await sweep()\n",
    "def f(broker):\n    @broker.task\n    async def nightly():\n        await sweep()\n",
]


@pytest.mark.parametrize("code", BAD)
def test_a_coroutine_nobody_awaits_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(START + code), RULE, tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_is_run_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(START + code), RULE, tmp_path)
