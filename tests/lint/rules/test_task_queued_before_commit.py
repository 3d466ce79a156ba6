"""`task-queued-before-commit`: jobs for rows that other transactions cannot see yet; behind the commit they are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "task-queued-before-commit"
HEAD = "async def f(job, queue, db: AsyncSession, other):\n    user = User()\n"
FOUND = (
    # The caller commits, later than this.
    "    db.add(user)\n    await db.flush()\n    job.delay(user.id)  # expect medium\n",
    "    db.add(user)\n    await db.flush()\n    job.delay(user.id)  # expect medium\n    await db.commit()\n",
    "    db.add(user)\n    await db.flush()\n    job.apply_async(args=[user.id])  # expect medium\n    await db.commit()\n",
    "    db.add(user)\n    await db.flush()\n    await job.kiq(key=user.id)  # expect medium\n    await db.commit()\n",
    "    db.add(user)\n    await db.flush()\n    await queue.enqueue_job('x', user.id)  # expect medium\n    await db.commit()\n",
    "    async with db.begin():\n        db.add(user)\n        await db.flush()\n        job.delay(user.id)  # expect medium\n",
    (
        "    db.add(user)\n    await db.flush()\n    if other:\n        job.delay(str(user.id))  # expect medium\n"
        "    await db.commit()\n"
    ),
)
SILENT = (
    "    db.add(user)\n    await db.commit()\n    job.delay(user.id)\n",
    "    async with db.begin():\n        db.add(user)\n    job.delay(user.id)\n",
    "    db.add(user)\n    await db.flush()\n    job.delay(other.id)\n    await db.commit()\n",
    "    db.add(user)\n    await db.flush()\n    job.apply_async((user.id,), countdown=5)\n    await db.commit()\n",
    # A session of its own that nobody commits is another fault.
    "    async with Session() as own:\n        own.add(user)\n        await own.flush()\n        job.delay(user.id)\n",
    "    if other:\n        db.add(user)\n    job.delay(user.id)\n    await db.commit()\n",
    "    db.add(user)\n    await db.flush()\n    job.delay(user)\n    await db.rollback()\n",
    "    db.add(user)\n    job.send(user.id)\n    await db.commit()\n",
)


@pytest.mark.parametrize(
    ("decorator", "told"), [("@dramatiq.actor\n", True), ("@dramatiq.actor(max_retries=3)\n", True), ("", False)]
)
def test_a_message_to_an_actor_of_any_file(decorator: str, told: bool, tmp_path: Path) -> None:
    body = f"    db.add(user)\n    await db.flush()\n    work.send(user.id){'  # expect medium' * told}\n    await db.commit()\n"
    files = project("from app.actors import work\n" + HEAD + body)
    files["app/actors.py"] = f"import dramatiq\n{decorator}def work(key: int): ...\n"
    check_source(files, RULE, tmp_path)


@pytest.mark.parametrize("code", FOUND)
def test_a_job_before_the_commit_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_job_behind_it_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(HEAD + code), RULE, tmp_path)
