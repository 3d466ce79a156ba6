"""`session-held-by-endless-loop`: a worker whose one session never gives its connection back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "session-held-by-endless-loop"
WORKER = """\
import asyncio
async def look(db, key=None):
    return await db.scalar(select(User).where(User.id == key))
async def work(queue, stop, running, find):
    async with {opened} as db:{mark}
        while {test}:
            {work}
            {wait}
"""
QUERY, SLEEP, GET = "await db.execute(select(User))", "await asyncio.sleep(5)", "await look(db, await queue.get())"


@pytest.mark.parametrize(
    ("opened", "test", "work", "wait", "told"),
    [
        ("Session()", "True", QUERY, SLEEP, "high"),
        ("Session.begin()", "True", QUERY, SLEEP, "high"),
        ("Session()", "not stop.is_set()", "await look(db)", SLEEP, "medium"),
        ("Session()", "running", "pass", GET, "medium"),
        ("Session()", "True", "for user in await db.scalars(select(User)): break", SLEEP, "high"),
        ("Session()", "True", QUERY + "; await db.commit()", SLEEP, ""),
        ("Session()", "True", QUERY, "break", ""),
        ("Session()", "queue", QUERY, SLEEP, ""),
        ("Session()", "True", "await find(db)", SLEEP, ""),
        ("Session()", "True", QUERY + "; await find(db)", SLEEP, ""),
        ("Session()", "True", "pass", SLEEP, ""),
        ("Session()", "True", QUERY, "pass", ""),
    ],
)
def test_only_a_connection_kept_for_ever_is_found(
    opened: str, test: str, work: str, wait: str, told: str, tmp_path: Path
) -> None:
    mark = f"  # expect {told}" if told else ""
    code = WORKER.format(opened=opened, mark=mark, test=test, work=work, wait=wait)
    check_source(project(code), RULE, tmp_path)


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("except asyncio.CancelledError:\n                break", True),
        ("finally:\n                await db.rollback()", False),
    ],
)
def test_being_stopped_is_no_end_of_a_transaction(ending: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect high" if told else ""
    work = f"try:\n                {QUERY}\n                {SLEEP}\n            {ending}"
    code = WORKER.format(opened="Session()", mark=mark, test="True", work=work, wait="")
    check_source(project(code), RULE, tmp_path)
