"""Rules that follow objects, sessions and waits do work in proportion to the code: twice as much takes little more than
twice the calls of functions, in whatever shape it comes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.lint_cases import lint_source
from tests.support.lint_models import project

# Work grows alike on every Python.
pytestmark = pytest.mark.slow

SIZE = 24
SLACK = 2.6
HEAD = "async def f(db: AsyncSession, client: httpx.AsyncClient, other: User, flag):\n"
GET = "    user{n} = await db.get(User, {n})\n"
SHAPES = {
    "commits and reads": ("expired-after-commit", GET + "    await db.commit()\n    print(user{n}.name)\n"),
    "one object, many commits": ("expired-after-commit", "    if flag == {n}:\n        await db.commit()\n    print(other.name)\n"),
    "lists walked over": ("expired-after-commit",
        "    users{n} = (await db.scalars(select(User))).all()\n    await db.commit()\n    for one in users{n}: print(one.name)\n"),
    "one list, many loops that commit": ("expired-after-commit",
        "    for one in users:\n        print(one.name)\n        await db.commit()\n"),
    "sessions opened in what is awaited": ("second-session-inside-first",
        "    await db.scalar(select(User))\n    await own{n}()\n"),
    "tasks, and what goes on beside them": ("shared-session-in-tasks",
        "    task{n} = asyncio.create_task(q(db))\n    await db.scalar(select(User))\n    await task{n}\n"),
    "many objects, one rollback": ("expired-after-commit", GET),
    "many conditional rollbacks": (
        "expired-after-commit",
        GET + "    if flag:\n        await db.rollback()\n    print(user{n}.name, user{n}.age)\n",
    ),
    "objects bound again": ("lazy-load-in-async", "    if flag == {n}:\n        other = await db.get(User, 1)\n    print(other.orders)\n"),
    "objects made and saved": ("lazy-load-in-async",
        "    user{n} = User()\n    db.add(user{n})\n    await db.flush()\n    print(user{n}.orders)\n"),
    "chains of relationships": ("lazy-load-in-async", GET + "    print(user{n}.orders[0].user.orders[0].user.orders)\n"),
    "objects handed to mappers": ("lazy-load-in-async", GET + "    print(shown{n}(user{n}))\n"),
    "one object, many mappers": ("lazy-load-in-async", "    other = await db.get(User, 1)\n    print(shown{n}(other))\n"),
    "queries and waits": ("network-call-in-transaction", "    await db.scalar(select(User))\n    await client.get('https://x/{n}')\n"),
    "queries and waits in functions": ("network-call-in-transaction", "    await q(db)\n    await g{n}(client)\n"),
    "waits in functions": ("network-call-in-transaction", "    await db.scalar(select(User))\n    await g{n}(client)\n"),
    "tasks that are kept": ("request-session-in-background", "    task{n} = asyncio.create_task(g{n}(db))\n    running.add(task{n})\n"),
    "plain sessions": ("sync-session-in-async-def", "    sync_db.commit()\n"),
}  # fmt: skip
FUNCTIONS = "async def g{n}(client: httpx.AsyncClient):\n    await g{m}(client)\n"

SHOWN = "def shown{n}(one):\n    for _ in one.name: print(one.age.real)\n    return shown{m}(one)\n"
OWN = "async def own{n}():\n    async with Session() as s:\n        await s.scalar(select(User))\n"


def calls_for(shape: str, size: int, folder: Path) -> int:
    """How many functions of the package are called to lint so many of these lines."""
    rule, line = SHAPES[shape]
    code = "import asyncio\nfrom sqlalchemy.orm import Session as Plain\nrunning = set()\n"
    code += "".join(FUNCTIONS.format(n=n, m=n + 1) for n in range(size)) if "g{n}(" in line else ""
    code += "async def q(db: AsyncSession):\n    return await db.scalar(select(User.id))\n"
    code += "".join(SHOWN.format(n=n, m=n + 1) for n in range(size)) if "shown{n}(" in line else ""
    code += "".join(OWN.format(n=n) for n in range(size)) if "own{n}(" in line else ""
    code += HEAD.replace("flag)", "flag, sync_db: Plain)") + "".join(line.replace("{n}", str(n)) for n in range(size))
    code = code.replace(
        "    for one in users:", "    users = (await db.scalars(select(User))).all()\n    for one in users:", 1
    )
    code += "    await db.rollback()\n" + "".join(f"    print(user{n}.name)\n" for n in range(size))
    ast.parse(project(code)["app/code.py"])  # what does not parse takes no work
    count = 0

    def counting(frame: Any, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and "forge_doctor" in frame.f_code.co_filename

    sys.setprofile(counting)
    try:
        lint_source(project(code), rule, folder)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_code_is_little_more_than_twice_the_work(shape: str, tmp_path: Path) -> None:
    idle = calls_for(shape, 0, tmp_path / "idle")
    once = calls_for(shape, SIZE, tmp_path / "once") - idle
    twice = calls_for(shape, 2 * SIZE, tmp_path / "twice") - idle
    assert twice < SLACK * once, (once, twice)
