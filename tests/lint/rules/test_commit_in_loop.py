"""`commit-in-loop` sees a commit for each row, and leaves loops alone that have a reason for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

BAD = [
    "    for row in rows:\n        db.add(row)\n        await db.commit()  # expect high\n",
    "    for row in rows:\n        await db.execute(insert(User), row)\n        await db.commit()  # expect high\n",
    (
        "    for n, row in enumerate(rows):\n        row.n = n\n        await db.flush()\n"
        "        await db.commit()  # expect high\n"
    ),
]
GOOD = [
    "    for row in rows:\n        db.add(row)\n    await db.commit()\n",
    (
        "    for n, row in enumerate(rows):\n        db.add(row)\n        if n % 100 == 0:\n"
        "            await db.commit()\n"
    ),
    "    for batch in rows:\n        db.add_all(batch)\n        await db.commit()\n",
    "    for start in range(0, 100, 10):\n        db.add_all(rows[start:])\n        await db.commit()\n",
    (
        "    for row in rows:\n        try:\n            db.add(row)\n            await db.flush()\n"
        "        except IntegrityError:\n            await db.rollback()\n        await db.commit()\n"
    ),
    (
        "    for row in rows:\n        async with Session() as own:\n            own.add(row)\n"
        "            await own.commit()\n"
    ),
    "    for row in rows:\n        own = Session()\n        own.add(row)\n        await own.commit()\n",
    "    for row in rows:\n        row.answer = await ask(row)\n        await db.commit()\n",
    "    while True:\n        for row in rows:\n            db.add(row)\n            await db.commit()\n",
    "    for row in rows:\n        db.add(row)\n        await db.commit()\n        break\n",
    "    async for row in stream:\n        db.add(row)\n        await db.commit()\n",
    "    for name in ('a', 'b'):\n        db.add(User(name=name))\n        await db.commit()\n",
    "    for session in sessions:\n        await session.commit()\n",
]


@pytest.mark.parametrize("code", BAD + GOOD)
def test_only_a_commit_for_each_row_is_found(code: str, tmp_path: Path) -> None:
    start = "async def f(db: AsyncSession, rows, stream, sessions: list[AsyncSession]):\n"
    check_source(project(start + code), "commit-in-loop", tmp_path)
