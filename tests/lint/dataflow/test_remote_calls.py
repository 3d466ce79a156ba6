"""Answers of other processes that are waited for inside a transaction: grpc, a task queue, a future, a thread's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

GRPC = "import grpc\nfrom app.pb import score_pb2, score_pb2_grpc\n"
CELERY = "from celery import shared_task\n@shared_task\ndef render(key): ...\n"
THREADS = """\
import asyncio, subprocess
from starlette.concurrency import run_in_threadpool

def render(name):
    return subprocess.run(["render", name])

def upper(name):
    return name.upper()

class Pages:
    def make(self, name):
        return render(name)
"""
OPEN = "    user = await db.get(User, 1)\n"
F = "async def f(db: AsyncSession, {given}):\n"


def lint(code: str, folder: Path) -> None:
    check_source(project(code), "network-call-in-transaction", folder)


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ("stub: score_pb2_grpc.ScoreStub", "    await stub.Score(user.name)  # expect medium\n"),
        (
            "host",
            (
                "    stub = score_pb2_grpc.ScoreStub(grpc.aio.insecure_channel(host))\n"
                "    answer = await stub.Score(user.name, timeout=3)  # expect medium\n"
            ),
        ),
        ("stub: score_pb2_grpc.ScoreStub", "    await db.commit()\n    await stub.Score(user.name)\n"),
        ("stub: score_pb2_grpc.ScoreStub", "    call = stub.Score(user.name)\n"),
        ("stub: score_pb2_grpc.ScoreServicer", "    await stub.Score(user.name)\n"),
        ("models", "    await models.Score(user.name)\n"),
    ],
)
def test_grpc(given: str, body: str, tmp_path: Path) -> None:
    lint(GRPC + F.format(given=given) + OPEN + body, tmp_path)


def test_a_stub_that_an_object_keeps_is_known_by_the_class_in_the_project(tmp_path: Path) -> None:
    code = (
        GRPC + "class Scoring:\n    def __init__(self, db: AsyncSession, channel):\n        self.db = db\n"
        "        self.stub = score_pb2_grpc.ScoreStub(channel)\n    async def f(self):\n"
        "        user = await self.db.get(User, 1)\n        await self.stub.Score(user)  # expect medium\n"
    )
    generated = (
        "class ScoreStub(object):\n    def __init__(self, channel):\n        self.Score = channel.unary_unary('/')\n"
    )
    files = {**project(code), "app/pb/__init__.py": "", "app/pb/score_pb2_grpc.py": generated}
    check_source(files, "network-call-in-transaction", tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "    return render.delay(user.id).get(timeout=9)  # expect medium\n",
        "    task = render.apply_async(args=[user.id])\n    return task.get()  # expect medium\n",
        "    await db.commit()\n    return render.delay(user.id).get()\n",
        "    return render.delay(user.id).id\n",
        "    return other.delay(user.id).get()\n",
        "    task = {render.delay(user.id).id: 1}\n    return task.get(1)\n",
    ],
)
def test_the_result_of_a_task(body: str, tmp_path: Path) -> None:
    lint(CELERY + F.format(given="other") + OPEN + body, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "    done = asyncio.get_running_loop().create_future()\n    await asyncio.wait_for(done, 9)  # expect medium\n",
        "    ready = asyncio.Event()\n    await asyncio.wait_for(ready.wait(), 9)  # expect medium\n",
        "    done = asyncio.get_running_loop().create_future()\n    await db.rollback()\n    await asyncio.wait_for(done, 9)\n",
        "    await asyncio.wait_for(db.scalar(select(User)), 9)\n",
        "    await asyncio.wait_for(given, 9)\n",
        "    await asyncio.wait_for(given.wait(), 9)\n",
    ],
)
def test_what_others_set(body: str, tmp_path: Path) -> None:
    lint("import asyncio\n" + F.format(given="given") + OPEN + body, tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        "    await asyncio.to_thread(render, user.name)  # expect medium\n",
        "    await run_in_threadpool(pages.make, user.name)  # expect medium\n",
        "    await asyncio.get_running_loop().run_in_executor(None, render, user.name)  # expect medium\n",
        "    await asyncio.to_thread(upper, user.name)\n",
        "    name = user.name\n    await db.commit()\n    await asyncio.to_thread(render, name)\n",
        "    asyncio.to_thread(render, user.name)\n",
    ],
)
def test_a_thread_that_waits_itself(body: str, tmp_path: Path) -> None:
    lint(THREADS + F.format(given="pages: Pages") + OPEN + body, tmp_path)
