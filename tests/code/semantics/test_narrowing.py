"""`isinstance` decides what a name is, in the branches it leads to and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.lint_cases import check_source

HEAD = """\
from sqlalchemy.ext.asyncio import AsyncSession, AsyncConnection
from sqlalchemy.orm import Session
"""
SOURCES = {
    "each branch has its own kind": """\
async def f(db: AsyncSession | Session):
    if isinstance(db, AsyncSession):
        db.commit()  # expect high
        await db.flush()
    elif isinstance(db, Session):
        db.commit()
    else:
        db.close()
""",
    "the rest after a branch that leaves": """\
async def f(db: AsyncSession | Session, q):
    if isinstance(db, AsyncSession):
        await db.execute(q)
        return
    db.execute(q)
    db.commit()
""",
    "a test that is turned round": """\
async def f(db: AsyncSession | Session):
    if not isinstance(db, AsyncSession):
        db.commit()
        return
    await db.commit()
    db.flush()  # expect
""",
    "a conditional expression": """\
async def f(db: AsyncSession | Session, q):
    return await db.scalar(q) if isinstance(db, AsyncSession) else db.scalar(q)
""",
    "an else after a branch that leaves and a new value": """\
async def f(db: AsyncSession | Session | AsyncConnection, q):
    if isinstance(db, AsyncConnection):
        return await db.execute(q)
    if isinstance(db, AsyncSession):
        db = cast(AsyncSession, db)
        await db.flush()
    if isinstance(db, AsyncSession):
        await db.execute(q)
    else:
        db.execute(q)
""",
    "the keyword of a call on the way": """\
async def f(run):
    db = object() if run else AsyncSession()
    if isinstance(db, AsyncSession):
        run(db=db)
    else:
        db.commit()
""",
    "a new value on the way": """\
async def f(run, db: Session | AsyncSession):
    if not isinstance(db, AsyncSession):
        db = AsyncSession()
        db.commit()  # expect
""",
    "a nested function": """\
async def f(db: AsyncSession | Session, thread):
    if isinstance(db, AsyncSession):
        await db.flush()
    else:
        def work():
            db.flush()
        await thread(work)
""",
    "an assertion": """\
async def f(request):
    assert isinstance(request.state.db, AsyncSession)
    request.state.db.commit()  # expect high
""",
    "two tests at once": """\
async def f(db, ready):
    if ready and isinstance(db, AsyncSession):
        db.commit()  # expect high
    return ready and isinstance(db, Session) and db.commit()
""",
    "a name bound anew": """\
async def f(db):
    if isinstance(db, Session):
        db = AsyncSession(db.bind)
        db.commit()  # expect high
""",
    "another name of the same text": """\
async def f(db: AsyncSession):
    if isinstance(db, Session):
        def g(db: AsyncSession):
            db.commit()  # expect high
""",
    "another library's class": """\
async def f(session):
    if isinstance(session, dict):
        session.close()
    else:
        await session.execute('')
        await session.commit()
""",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_tested_name_is_what_the_test_says(name: str, tmp_path: Path) -> None:
    check_source(HEAD + SOURCES[name], "unawaited-session-call", tmp_path, least=Confidence.MEDIUM)


def test_an_instance_of_a_class_is_none_of_it_where_isinstance_denies_that(tmp_path: Path) -> None:
    code = (
        HEAD
        + """\
class Stored:
    def __init__(self, db: AsyncSession):
        self.db = db
    async def load(self):
        return await self.db.get(int, 1)
async def f(db: AsyncSession, make):
    store = make() if make else Stored(db)
    if isinstance(store, Stored):
        store.load()  # expect high
    else:
        store.load()
"""
    )
    check_source(code, "unawaited-data-access", tmp_path)
