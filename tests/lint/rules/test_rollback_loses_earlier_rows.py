"""`rollback-loses-earlier-rows` tells the rollback for one item of a loop that has written others, and leaves loops alone that
save each item, stop, try again or give all up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

TRIED = "        try:\n            db.add(row)\n            await db.flush()\n"
LOST = "        except IntegrityError:\n            await db.rollback()  # expect high\n"
KEPT = "        except IntegrityError:\n            await db.rollback()\n"
BAD = {
    "flushed": f"    for row in rows:\n{TRIED}{LOST}    await db.commit()\n",
    "flushed, counted and gone on": (
        f"    n = 0\n    for row in rows:\n{TRIED}            n += 1\n"
        "        except Exception:\n            await db.rollback()  # expect high\n            n -= 1\n            continue\n"
        "    await db.commit()\n    return n\n"
    ),
    "only added": f"    for row in rows:\n        try:\n            row.check()\n            db.add(row)\n{LOST}    await db.commit()\n",
    "sent by itself": (
        f"    for row in rows:\n        try:\n            await db.execute(insert(User), row)\n{LOST}    await db.commit()\n"
    ),
    "written in a function": f"    for row in rows:\n        try:\n            await save(db, row)\n{LOST}    await db.commit()\n",
    "written by an object": (
        f"    users = Users(db)\n    for row in rows:\n        try:\n            await users.save(row)\n{LOST}    await db.commit()\n"
    ),
    "for whoever commits": (
        f"    for row in rows:\n{TRIED}        except IntegrityError:\n            await db.rollback()  # expect medium\n"
    ),
    "noted, and all the same saved": (
        f"    failed = []\n    for row in rows:\n{TRIED}{LOST}            failed.append(row)\n"
        "    if failed:\n        print(failed)\n    await db.commit()\n"
    ),
    "batches": (
        "    for batch in rows:\n        try:\n            db.add_all(batch)\n            await db.flush()\n"
        f"{LOST}    await db.commit()\n"
    ),
    "each way of failing told once": (
        f"    for row in rows:\n{TRIED}{LOST}        except ValueError:\n            await db.rollback()\n    await db.commit()\n"
    ),
}
GOOD = {
    "a savepoint": (
        "    for row in rows:\n        try:\n            async with db.begin_nested():\n                db.add(row)\n"
        f"{KEPT}    await db.commit()\n"
    ),
    "each item saved": (
        f"    for row in rows:\n        try:\n            db.add(row)\n            await db.commit()\n{KEPT}"
    ),
    "each item saved behind": f"    for row in rows:\n{TRIED}{KEPT}        await db.commit()\n",
    "each item saved in a function": (
        f"    for row in rows:\n        try:\n            await keep(db, row)\n{KEPT}    await db.commit()\n"
    ),
    "nobody knows who saves": f"    for row in rows:\n{TRIED}            await store(db)\n{KEPT}    await db.commit()\n",
    "given up": f"    for row in rows:\n{TRIED}{KEPT}            raise\n    await db.commit()\n",
    "stopped": f"    for row in rows:\n{TRIED}{KEPT}            break\n    await db.commit()\n",
    "another attempt": f"    for attempt in range(3):\n{TRIED}{KEPT}    await db.commit()\n",
    "until one succeeds": f"    for row in rows:\n{TRIED}            return\n{KEPT}    await db.commit()\n",
    "all or nothing": (
        f"    failed = []\n    for row in rows:\n{TRIED}{KEPT}            failed.append(row)\n"
        "    if failed:\n        raise ValueError(failed)\n    await db.commit()\n"
    ),
    "nothing written": (
        f"    for row in rows:\n        try:\n            await db.scalar(select(User.id))\n{KEPT}    await db.commit()\n"
    ),
    "a session for each": (
        "    for row in rows:\n        async with Session() as own:\n            try:\n                own.add(row)\n"
        "                await own.flush()\n            except IntegrityError:\n                await own.rollback()\n"
    ),
    "no loop": (
        "    try:\n        db.add(rows)\n        await db.flush()\n    except IntegrityError:\n        await db.rollback()\n"
        "    await db.commit()\n"
    ),
    "the loop is tried": (
        "    try:\n        for row in rows:\n            db.add(row)\n            await db.flush()\n"
        "    except IntegrityError:\n        await db.rollback()\n    await db.commit()\n"
    ),
    "never saved": (
        "    async with Session() as db:\n        for row in rows:\n            try:\n                db.add(row)\n"
        "                await db.flush()\n            except IntegrityError:\n                await db.rollback()\n"
    ),
}
FUNCTIONS = """
class Users:
    def __init__(self, session: AsyncSession):
        self.session = session

    async def save(self, row):
        self.session.add(row)
        await self.session.flush()

async def save(db: AsyncSession, row):
    db.add(row)
    await db.flush()

async def keep(db: AsyncSession, row):
    db.add(row)
    await db.commit()

"""


@pytest.mark.parametrize("name", [*BAD, *GOOD])
def test_only_a_rollback_that_loses_items_is_found(name: str, tmp_path: Path) -> None:
    code = {**BAD, **GOOD}[name]
    source = f"from app.stores import store\n{FUNCTIONS}async def f(db: AsyncSession, rows):\n{code}"
    check_source(project(source), "rollback-loses-earlier-rows", tmp_path)


METHOD = """
class Importer:
    def __init__(self, session: AsyncSession, other):
        self.session = session
        self.other = other

    async def run(self, rows):
        for row in rows:
            {before}
            try:
                self.session.add(row)
                await self.session.flush()
            except IntegrityError:
                await self.session.rollback(){mark}
        await self.session.commit()
"""


@pytest.mark.parametrize(
    ("before", "mark"),
    [
        ("print(row)", "  # expect high"),
        ("await self.other.wait(1)", "  # expect high"),
        ("await self.other.save(row)", ""),  # which may have the same session, and commit
    ],
)
def test_the_session_of_an_object_is_one_for_all_items(before: str, mark: str, tmp_path: Path) -> None:
    source = METHOD.format(before=before, mark=mark)
    check_source(project(source), "rollback-loses-earlier-rows", tmp_path)


def test_a_dry_run_may_lose_what_it_wrote(tmp_path: Path) -> None:
    source = f"async def validate(db: AsyncSession, rows):\n    for row in rows:\n{TRIED}{KEPT}"
    check_source(project(source), "rollback-loses-earlier-rows", tmp_path)
