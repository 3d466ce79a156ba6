"""A session left open in a background job is found, wherever the job is started, and by this rule alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source, lint_source
from tests.support.lint_heads import LEAKS

RULE = "unclosed-session-in-background"
BACKGROUND = {
    "add_task": (
        "async def job():\n    s = Factory()  # expect high\n    await s.execute(select(1))\n",
        "def route(tasks):\n    tasks.add_task(job)\n",
    ),
    "create_task": (
        "async def job():\n    s = Factory()  # expect high\n    await s.execute(select(1))\n",
        "import asyncio\nasync def route():\n    asyncio.create_task(job())\n",
    ),
    "scheduler": (
        "async def job():\n    s = Factory()  # expect high\n    await s.execute(select(1))\n",
        "scheduler.add_job(job, 'interval', minutes=1)\n",
    ),
    "arq": (
        "async def job(ctx):\n    s = Factory()  # expect high\n    await s.execute(select(1))\n",
        "class WorkerSettings:\n    functions = [job]\n",
    ),
    "decorated": (
        "@broker.task\nasync def job():\n    s = Factory()  # expect high\n    await s.execute(select(1))\n",
        "",
    ),
}


@pytest.mark.parametrize("how", BACKGROUND)
def test_a_leak_in_a_background_job_is_found_by_the_background_rule_alone(how: str, tmp_path: Path) -> None:
    job, starter = BACKGROUND[how]
    check_source(LEAKS + job + starter, RULE, tmp_path)
    assert lint_source(LEAKS + job + starter, "unclosed-session", tmp_path) == ()


def test_a_job_started_in_another_module_is_a_background_job(tmp_path: Path) -> None:
    files = {
        "db.py": LEAKS,
        "jobs.py": """\
            from db import Factory
            from sqlalchemy import select
            async def mails():
                s = Factory()  # expect high
                await s.execute(select(1))
            async def not_started():
                s = Factory()
                await s.execute(select(1))
            """,
        "api.py": "import jobs\ndef route(tasks):\n    tasks.add_task(jobs.mails)\n",
    }
    found = check_source(files, RULE, tmp_path)
    assert "api.py:3" in found[0].message


@pytest.mark.parametrize(
    "job",
    [
        "async def job():\n    async with Factory() as s:\n        await s.execute(select(1))\n",
        """\
async def job():
    s = Factory()
    try:
        await s.execute(select(1))
    finally:
        await s.close()
""",
        "async def job(make=Factory):\n    async with make() as s, s.begin():\n        await s.execute(select(1))\n",
        "async def job(s: AsyncSession):\n    await s.execute(select(1))\n",
    ],
)
@pytest.mark.parametrize("start", ["tasks.add_task(job)", "asyncio.create_task(job())", "scheduler.add_job(job)"])
def test_a_job_that_closes_its_session_or_is_given_one_is_silent(job: str, start: str, tmp_path: Path) -> None:
    check_source(f"import asyncio\n{LEAKS}{job}async def route(tasks, scheduler):\n    {start}\n", RULE, tmp_path)
