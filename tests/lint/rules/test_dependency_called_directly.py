"""A dependency called by hand is found where the call gives no session; where it is used as a generator it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from tests.support.lint_cases import check_source
from tests.support.lint_heads import DEPENDENCIES
from tests.support.lint_models import project

RULE = "dependency-called-directly"
FOUND = (
    "async def f():\n    db = get_db()  # expect high\n    await db.execute(select(1))\n",
    "async def f():\n    db = await get_db()  # expect high\n",
    "async def f():\n    async with get_db() as db:  # expect high\n        pass\n",
    "async def f():\n    db = await anext(get_db())  # expect medium\n    await db.commit()\n",
    "async def f(db: AsyncSession = get_db()):  # expect high\n    ...\n",
    """\
async def handler(x: int, db: AsyncSession = Depends(get_db)): await db.get(int, x)
async def f(db: AsyncSession):
    await handler(1)  # expect high
    await handler(1, db)
    await handler(x=1, db=db)
""",
    "async def f():\n    with get_db() as db:  # expect high\n        await db.commit()\n",
    "async def f():\n    for db in get_db():  # expect high\n        await db.commit()\n",
    "async def f():\n    return [db for db in get_db()]  # expect high\n",
    "async def f():\n    db = next(get_db())  # expect high\n    await db.commit()\n",
    "async def f():\n    db = await get_db().__anext__()  # expect medium\n    await db.commit()\n",
    "async def f():\n    made = get_db()  # expect medium\n    db = await anext(made)\n    await db.commit()\n",
    "async def f():\n    made = get_db()  # expect medium\n    db = await anext(made)\n    await db.commit()\n    await db.close()\n",
    """\
async def f(o):
    made = get_db()  # expect medium
    db = await anext(made)
    try:
        await db.commit()
    finally:
        o.close()
""",
)
SILENT = (
    """\
async def f():
    made = get_db()
    db = await anext(made)
    try:
        await db.commit()
    finally:
        await db.close()
""",
    """\
async def f():
    made = get_db()
    db = await made.__anext__()
    try:
        await db.commit()
    finally:
        try:
            await made.__anext__()
        except StopAsyncIteration:
            pass
""",
    """\
async def test_it_commits(mocker):
    mocker.patch("app.db.Factory")
    made = get_db()
    db = await made.__anext__()
    await db.commit()
""",
    "async def f(keep):\n    made = get_db()\n    keep.append(made)\n    db = await anext(made)\n",
    "async def f():\n    return [db async for db in get_db()]\n",
    "async def f(db: AsyncSession = Depends(get_db)): ...\n",
    "async def f():\n    async for db in get_db():\n        await db.commit()\n",
    "async def f():\n    async with asynccontextmanager(get_db)() as db:\n        await db.commit()\n",
    """\
@asynccontextmanager
async def session_scope():
    async with Factory() as s:
        yield s
async def f():
    async with session_scope() as db:
        await db.commit()
async def g():
    made = get_db()
    db = await anext(made)
    try:
        await db.commit()
    finally:
        await made.aclose()
""",
    """\
async def outer():
    async for s in get_db():
        yield s
""",
    "app.dependency_overrides[get_db] = get_db\n",
    """\
class Repo:
    def get_db(self): ...
async def f(repo: Repo):
    db = repo.get_db()
    db.execute(select(1))
""",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_dependency_called_by_hand_is_found(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_dependency_used_as_what_it_is_is_silent(code: str, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + code, RULE, tmp_path)


UNFILLED = """\
import asyncio
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import BackgroundTasks
from fastapi_utils.tasks import repeat_every
jobs = AsyncIOScheduler()

async def sweep(state: str = "gone", db: AsyncSession = Depends(get_db)):
    await db.execute(delete(User))

async def own():
    async with Session() as db:
        await sweep("x", db)

"""
HANDED = [
    "jobs.add_job(sweep, 'interval', seconds=3)  # expect high\n",
    "jobs.add_job(sweep, kwargs={'state': 'x'})  # expect high\n",
    "def f(later: BackgroundTasks):\n    later.add_task(sweep, 'x')  # expect high\n",
    "def f():\n    asyncio.create_task(sweep())  # expect high\n",
    "@router.on_event('startup')\nasync def warm(db: AsyncSession = Depends(get_db)):  # expect high\n    await db.commit()\n",
    "@repeat_every(seconds=3)\nasync def tidy(db: AsyncSession = Depends(get_db)):  # expect high\n    await db.commit()\n",
]
FILLED = [
    "jobs.add_job(own, 'interval', seconds=3)\n",
    "def f(db: AsyncSession):\n    jobs.add_job(sweep, args=['x', db])\n",
    "def f(db: AsyncSession, kw):\n    jobs.add_job(sweep, kwargs=kw)\n",
    "def f(later: BackgroundTasks, db: AsyncSession):\n    later.add_task(sweep, 'x', db)\n",
    "@router.get('/')\nasync def warm(db: AsyncSession = Depends(get_db)):\n    await db.commit()\n",
    "@queue.task\n@inject\nasync def tidy(db: AsyncSession = Depends(get_db)):\n    await db.commit()\n",
    "from faststream import Depends\n@b.task\nasync def tidy(db: AsyncSession = Depends(get_db)):\n    await db.commit()\n",
]


@pytest.mark.parametrize("code", HANDED)
def test_what_nobody_fills_in_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(UNFILLED + code), "dependency-called-directly", tmp_path)


@pytest.mark.parametrize("code", FILLED)
def test_what_somebody_fills_in_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(UNFILLED + code), "dependency-called-directly", tmp_path)


DECORATORS = {
    "@app.post('/')": "high",
    "@passing": "high",
    "@unseen": "medium",
    "@giving": "",
    "@inject": "",
    "@app.post('/')\n@giving": "",
    "@app.post('/')\n@unseen.limit('5/minute')": "medium",
}
DECORATED = """\
from fastapi_injectable import inject
def passing(function):
    async def run(*args, **kwargs):
        return await function(*args, **kwargs)
    return run
def giving(function):
    async def run(*args, **kwargs):
        async with Factory() as s:
            return await function(*args, **kwargs, db=s)
    return run
"""


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_decorator_may_fill_it_in(decorator: str, tmp_path: Path) -> None:
    mark = f"  # expect {DECORATORS[decorator]}" if DECORATORS[decorator] else ""
    code = (
        f"{decorator}\nasync def made(x, db: AsyncSession = Depends(get_db)): await db.get(int, x)\n"
        f"async def f():\n    await made(1){mark}\n"
    )
    check_source(DEPENDENCIES + DECORATED + code, RULE, tmp_path)


@pytest.mark.parametrize(
    ("name", "body", "mark"),
    [
        ("test_it_lends", "made = get_db(){mark}\n    db = await made.__anext__()\n    assert db", ""),
        ("lent", "made = get_db(){mark}\n    db = await made.__anext__()\n    assert db", "  # expect medium"),
        ("test_it_lends", "db = await anext(get_db()){mark}\n    await db.commit()", "  # expect medium"),
    ],
)
def test_a_generator_that_a_test_keeps_ends_with_it(name: str, body: str, mark: str, tmp_path: Path) -> None:
    code = f"async def {name}():\n    {body.format(mark=mark)}\n"
    check_source({"tests/test_db.py": DEPENDENCIES + code}, RULE, tmp_path)


CLASS = """\
from fastapi_injectable import inject
class Users:
    {decorator}
    def __init__(self, limit: int = 3, db: AsyncSession = Depends(get_db)):
        self.db = db
    async def all(self):
        return await self.db.scalars(select(1))
class Kept(Users): ...
"""
MADE = (
    ("async def f():\n    return await Users().all(){mark}\n", True),
    ("async def f():\n    return await Kept(limit=4).all(){mark}\n", True),
    ("async def f():\n    users = Users(3){mark}\n    return await users.all()\n", True),
    ("async def f(db: AsyncSession):\n    return await Users(db=db).all(){mark}\n", False),
    ("async def f(db: AsyncSession):\n    return await Users(3, db).all(){mark}\n", False),
    ("async def f(given):\n    return await Users(**given).all(){mark}\n", False),
    (
        "async def f(db: AsyncSession):\n    users = Users(){mark}\n    users.db = db\n    return await users.all()\n",
        False,
    ),
    ("async def f(users=Depends(Users)):\n    return await users.all(){mark}\n", False),
)


@pytest.mark.parametrize(("code", "is_told"), MADE)
def test_an_object_made_by_hand_gets_the_marker(code: str, is_told: bool, tmp_path: Path) -> None:
    plain, injected = CLASS.replace("    {decorator}\n", ""), CLASS.format(decorator="@inject")
    check_source(DEPENDENCIES + plain + code.format(mark="  # expect high" if is_told else ""), RULE, tmp_path)
    check_source(DEPENDENCIES + injected + code.format(mark=""), RULE, tmp_path / "injected")


PLAINLY = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
SyncFactory = sessionmaker(create_engine("x"))
def lend():
    with SyncFactory() as s:
        yield s
def rows(limit: int = 3, db: Session = Depends(lend)):
    return db.scalars(select(1)).all()
"""


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        ("@app.get('/')\ndef f():\n    return rows(){mark}\n", True),
        ("def f():\n    return rows(limit=4){mark}\n", True),
        ("def f(db: Session):\n    return rows(4, db){mark}\n", False),
        ("def f(found=Depends(rows)):\n    return found{mark}\n", False),
        ("def f(rows):\n    return rows(){mark}\n", False),
    ],
)
def test_a_plain_function_gets_the_marker_too(code: str, is_told: bool, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + PLAINLY + code.format(mark="  # expect high" if is_told else ""), RULE, tmp_path)


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        ("def f():\n    db = next(lend()){mark}\n    return db.scalars(select(1)).all()\n", True),
        ("def f(keys):\n    for key in keys:\n        db = next(lend()){mark}\n        db.merge(key)\n", True),
        ("def f():\n    db = next(lend()){mark}\n    db.commit()\n    db.close()\n", False),
        ("def f():\n    made = lend()\n    db = next(made){mark}\n    db.commit()\n    made.close()\n", False),
        ("def f(lend):\n    db = next(lend()){mark}\n    db.commit()\n", False),
    ],
)
def test_a_plain_generator_that_is_dropped_is_found(code: str, is_told: bool, tmp_path: Path) -> None:
    check_source(DEPENDENCIES + PLAINLY + code.format(mark="  # expect medium" if is_told else ""), RULE, tmp_path)


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ("return {'text': text}", ""),
        ("return await find(text)", ""),
        ("return await find(text, db)", "  # expect"),
        ("return await find(**locals())", "  # expect"),
        ("async def inner(): await db.commit()\n    return inner", "  # expect"),
    ],
)
def test_a_marker_that_nobody_reads_does_no_harm(body: str, mark: str, tmp_path: Path) -> None:
    code = (
        f"async def parse(text: str, db: AsyncSession = Depends(get_db)):\n    {body}\n"
        f"async def other(text: str):\n    return await parse(text){mark}\n"
    )
    check_source(DEPENDENCIES + code, RULE, tmp_path)


def test_a_dropped_generator_closes_its_session_before_it_is_used() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool)

    def lend() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    kept = []
    for number in (1, 2, 3):
        session = next(lend())
        kept.append(session)
        session.scalar(select(1))
        assert engine.pool.checkedout() == number  # type: ignore[attr-defined]
    for session in kept:
        session.close()
    engine.dispose()
